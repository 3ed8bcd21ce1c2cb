import {
  EVENT_STREAMS,
  type EventStream,
  type EventTimeSpec,
  type FeatureTimes,
  LATE_POLICIES,
  type RevisionSpec,
} from '../domain/views.ts';
import type { FieldReader } from './field-reader.ts';
import { readSpan } from './parse-span.ts';

const DEFAULTS: EventTimeSpec = {
  outOfOrdernessMs: 5_000,
  latenessMs: 60_000,
  late: 'side_output',
  idleAfterMs: 60_000,
};

/** Approvals that late events revise where the ruleset does not say: what was approved within a day before. */
const DEFAULT_REVISIONS: RevisionSpec = { atLeast: 'decline', withinMs: 86_400_000, decisionsMax: 20 };

const REVISED_MAX = 200;

const FIELDS = ['out_of_orderness', 'lateness', 'late', 'idle_after'] as const;

/** How the time of each stream is read by views, and by features: null where those take every event in. */
export type EventTimes = {
  readonly of: (stream: EventStream) => EventTimeSpec;
  readonly features: FeatureTimes | null;
  /** Null where late events correct nothing that was decided. */
  readonly revisions: RevisionSpec | null;
};

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

/** Reads the section `event_time.features`: what it leaves out is as it is for the stream. */
function readFeatureTimes(section: FieldReader, of: EventTimes['of']): Pick<EventTimes, 'features' | 'revisions'> {
  const reader = section.child('features');
  if (reader === null) return { features: null, revisions: null };
  const own = readEventTime(reader, DEFAULTS);
  const timesOf = (stream: EventStream): EventTimeSpec => {
    const before = of(stream);
    return {
      outOfOrdernessMs: reader.has('out_of_orderness') ? own.outOfOrdernessMs : before.outOfOrdernessMs,
      latenessMs: reader.has('lateness') ? own.latenessMs : before.latenessMs,
      late: reader.has('late') ? own.late : before.late,
      idleAfterMs: reader.has('idle_after') ? own.idleAfterMs : before.idleAfterMs,
    };
  };
  const features = { transaction: timesOf('transaction'), login: timesOf('login'), signal: timesOf('signal') };
  const revisions = readRevisions(reader, features);
  reader.finish();
  return { features, revisions };
}

/** What is revised where the ruleset says nothing of it. */
export function usualRevisions(times: FeatureTimes): RevisionSpec | null {
  return Object.values(times).some(({ late }) => late === 'correct') ? DEFAULT_REVISIONS : null;
}

/** Reads `revise`: which approvals late events have evaluated anew. */
function readRevisions(features: FieldReader, times: FeatureTimes): RevisionSpec | null {
  const usual = usualRevisions(times);
  const reader = features.child('revise');
  if (reader === null) return usual;
  const { atLeast, withinMs, decisionsMax } = DEFAULT_REVISIONS;
  const bounds = { min: 0, max: REVISED_MAX, integer: true };
  const revisions: RevisionSpec = {
    atLeast: reader.choice('at_least', ['challenge', 'review', 'decline'], atLeast),
    withinMs: readSpan(reader, 'within', { min: 1, fallback: withinMs }),
    decisionsMax: reader.number('decisions', bounds, decisionsMax),
  };
  reader.finish();
  if (usual === null) features.report('revise', 'revise needs a stream with late: correct. Add that, or leave it out.');
  return revisions.decisionsMax === 0 ? null : revisions;
}

/** Reads the section `event_time`: for all streams, under `streams` for single ones, and under `features`. */
export function readEventTimes(root: FieldReader): EventTimes {
  const section = root.child('event_time');
  if (section === null) return { of: () => DEFAULTS, features: null, revisions: null };
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
  const of = (stream: EventStream): EventTimeSpec => own.get(stream) ?? common;
  const { features, revisions } = readFeatureTimes(section, of);
  section.finish();
  return { of, features, revisions };
}
