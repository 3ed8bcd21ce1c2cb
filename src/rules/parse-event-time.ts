import { EVENT_STREAMS, type EventStream, type EventTimeSpec, LATE_POLICIES } from '../domain/views.ts';
import type { FieldReader } from './field-reader.ts';
import { readSpan } from './parse-span.ts';

const DEFAULTS: EventTimeSpec = {
  outOfOrdernessMs: 5_000,
  latenessMs: 60_000,
  late: 'side_output',
  idleAfterMs: 60_000,
};

const FIELDS = ['out_of_orderness', 'lateness', 'late', 'idle_after'] as const;

/** How the time of each stream is read. */
export type EventTimes = { readonly of: (stream: EventStream) => EventTimeSpec };

/** Reads those of the fields of event time that a mapping may have; what it leaves out is as `before` says. */
export function readEventTime(
  reader: FieldReader,
  before: EventTimeSpec,
  fields: readonly (typeof FIELDS)[number][] = FIELDS,
): EventTimeSpec {
  const has = (field: (typeof FIELDS)[number]): boolean => fields.includes(field);
  const span = (field: (typeof FIELDS)[number], fallback: number, min: number): number =>
    has(field) ? readSpan(reader, field, { min, fallback }) : fallback;
  return {
    outOfOrdernessMs: span('out_of_orderness', before.outOfOrdernessMs, 0),
    latenessMs: span('lateness', before.latenessMs, 0),
    late: has('late') ? reader.choice('late', LATE_POLICIES, before.late) : before.late,
    idleAfterMs: span('idle_after', before.idleAfterMs, 1),
  };
}

/** Reads the section `event_time`: for all streams, and under `streams` for single ones. */
export function readEventTimes(root: FieldReader): EventTimes {
  const section = root.child('event_time');
  if (section === null) return { of: () => DEFAULTS };
  const common = readEventTime(section, DEFAULTS);
  const streams = section.child('streams');
  const own = new Map<EventStream, EventTimeSpec>();
  for (const stream of EVENT_STREAMS) {
    const reader = streams?.child(stream) ?? null;
    if (reader === null) continue;
    own.set(stream, readEventTime(reader, common));
    reader.finish();
  }
  streams?.finish();
  section.finish();
  return { of: (stream) => own.get(stream) ?? common };
}
