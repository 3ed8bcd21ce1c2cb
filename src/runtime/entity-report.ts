import { type ActorKind, streamOf } from '../domain/entities.ts';
import type { EntityReport } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import { latestTimeOf, readFeatures } from '../windows/mod.ts';
import { loadEntity } from './entity-image.ts';
import type { EntityState } from './entity-logic.ts';
import type { Host } from './host.ts';
import type { Program } from './program.ts';

export type EntityQuestion = {
  readonly log: EventLog;
  readonly host: Host;
  readonly program: Program;
  readonly kind: ActorKind;
  readonly id: string;
};

/**
 * One entity as the log has it. Of a live actor what it holds now, once that is durable: a busy one is never without
 * unconfirmed events. Else a fold of its stream, which makes nothing resident. Null where no fact is known of it.
 */
export async function reportEntity(question: EntityQuestion): Promise<EntityReport | null> {
  const { log, host, program, kind, id } = question;
  const slot = host.directory.find(kind, id);
  if (slot?.live && (slot.pendingCount > 0 || host.refresh(slot))) {
    const answer = report(question, slot.live.snapshot.state, slot.revision, true);
    if (slot.pendingCount === 0 || (await host.whenDurable(slot))) return answer;
  }
  const stream = streamOf(kind, id);
  const { state, revision } = await loadEntity(log, program, kind, stream);
  return report(question, state, revision, slot !== undefined);
}

function report(
  question: EntityQuestion,
  state: EntityState,
  revision: number,
  resident: boolean,
): EntityReport | null {
  if (revision < 0) return null;
  const { program, kind, id } = question;
  const { plan } = program.kinds[kind];
  const values = new Float64Array(plan.featureNames.length);
  readFeatures(plan, state.windows, values);
  const windows: Record<string, number> = {};
  for (const [index, name] of plan.featureNames.entries()) windows[name] = values[index] ?? 0;
  const { status, firstSeenAtMs, fraudLabels, stated } = state.profile;
  const { homeCountry, attributes } = stated.newest;
  const asOf = isoOf(Math.max(latestTimeOf(state.windows), firstSeenAtMs));
  const firstSeenAt = isoOf(firstSeenAtMs);
  return { kind, id, status, revision, asOf, firstSeenAt, homeCountry, fraudLabels, attributes, windows, resident };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
