import { isPalisadeError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { EventLog, RecordDraft, StoredRecord, StreamImage } from '../../src/ports/event-log.ts';
import type { ActorEngine } from '../../src/runtime/actor-engine.ts';
import { logLike } from '../support/log-like.ts';
import type { InvariantName } from './invariant-violation.ts';
import type { Plant } from './simulated-world.ts';

/** A defect for the simulation to find, and the promises that it may be found by. */
export type PlantedDefect = {
  readonly name: string;
  readonly breaks: readonly InvariantName[];
  readonly plant: Plant;
};

/** Appends at whatever revision the streams have: nobody is fenced off. */
async function appendAnywhere(log: EventLog, draft: RecordDraft): Promise<number> {
  for (;;) {
    try {
      return await log.append(draft);
    } catch (error) {
      if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
      const { stream: moved, actualRevision } = error.details;
      const streams = draft.streams.map((write) =>
        write.stream === moved ? { ...write, expectedRevision: Number(actualRevision) } : write,
      );
      draft = { ...draft, streams };
    }
  }
}

/** Appends under another id where the id is taken. */
async function appendTwice(log: EventLog, draft: RecordDraft): Promise<number> {
  try {
    return await log.append(draft);
  } catch (error) {
    if (!isPalisadeError(error, 'LOG_RECORD_EXISTS')) throw error;
    return appendTwice(log, { ...draft, recordId: `${draft.recordId}+` });
  }
}

/** The snapshot is taken for newer than it is: what came after it is not read. */
function withSnapshotAhead(image: StreamImage): StreamImage {
  if (image.snapshot === null) return image;
  return { ...image, snapshot: { ...image.snapshot, revision: image.revision }, records: [] };
}

/** One record is missing, and those after it have closed the gap. */
function withRecordMissing(image: StreamImage): StreamImage {
  const [first, ...others] = image.records;
  if (first === undefined || others.length === 0) return image;
  const moved = others.map((record, index): StoredRecord => {
    const before = index === 0 ? first : (others[index - 1] ?? first);
    const revisions = new Map(before.streams.map(({ stream, revision }) => [stream, revision]));
    const streams = record.streams.map(({ stream, revision }) => ({
      stream,
      revision: revisions.get(stream) ?? revision,
    }));
    return { ...record, streams };
  });
  return { ...image, records: moved };
}

/** The record with its decision told anew, as if it had been decided at another time. */
function retold(record: StoredRecord | null): StoredRecord | null {
  if (record === null) return null;
  const body = record.body.replace(/("decidedAt":"\d{4}-)\d\d/, '$199');
  return { ...record, body };
}

/** The time goes back by up to a fifth of a second every second. */
function backwards(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs() - (clock.monotonicMs() % 1000) / 5,
    schedule: (delayMs, callback) => clock.schedule(delayMs * 20, callback),
  };
}

/** Statuses in which nothing goes ahead, told as if all were well. */
function withThawed(engine: ActorEngine): void {
  const readEntity = engine.readEntity.bind(engine);
  engine.readEntity = async (kind, id) => {
    const report = await readEntity(kind, id);
    return report === null ? null : { ...report, status: report.status === 'frozen' ? 'active' : report.status };
  };
}

/** A list entry comes into being by the way, whenever a ruleset is refused. */
function withSideEffect(engine: ActorEngine): void {
  const publishRuleset = engine.publishRuleset.bind(engine);
  const entry = { list: 'block', kind: 'country', value: 'AQ', expiresAtMs: null, note: '' } as const;
  const lists = engine.lists.bind(engine);
  let isSpoiled = false;
  engine.lists = () => (isSpoiled ? [...lists(), entry] : lists());
  engine.publishRuleset = (text) => {
    isSpoiled ||= engine.validateRuleset(text).length > 0;
    return publishRuleset(text);
  };
}

/** Defects around the engine, each of which one of the checkers has to find. */
export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'a log that acknowledges before it is durable',
    breaks: ['I1'],
    plant: {
      log: (log) =>
        logLike(log, {
          append: (draft) => {
            const position = log.statistics().appendedCount + 1;
            return Promise.race([log.append(draft), Promise.resolve().then(() => position)]);
          },
        }),
    },
  },
  {
    name: 'a log that ignores expected revisions',
    breaks: ['I2', 'I4', 'I5'],
    plant: { log: (log) => logLike(log, { append: (draft) => appendAnywhere(log, draft) }) },
  },
  {
    name: 'a log that takes a snapshot for newer than it is',
    breaks: ['I2', 'I4', 'I5'],
    plant: {
      log: (log) =>
        logLike(log, { readImage: async (stream, schema) => withSnapshotAhead(await log.readImage(stream, schema)) }),
    },
  },
  {
    name: 'a log that forgets which ids it has and stores them twice',
    breaks: ['I2', 'I3'],
    plant: { log: (log) => logLike(log, { mayHaveRecord: () => false, append: (draft) => appendTwice(log, draft) }) },
  },
  {
    name: 'a log that loses a record on the way to an actor',
    breaks: ['I2', 'I4', 'I5'],
    plant: {
      log: (log, random) =>
        logLike(log, {
          readImage: async (stream, schema) => {
            const image = await log.readImage(stream, schema);
            return random.chance(0.1) ? withRecordMissing(image) : image;
          },
        }),
    },
  },
  {
    name: 'a log that loses its last record in a crash',
    breaks: ['I1'],
    plant: { crash: ({ records, snapshots }) => ({ records: records.slice(0, -1), snapshots }) },
  },
  {
    name: 'a log that tells a decision otherwise than it was stored',
    breaks: ['I3', 'I1'],
    plant: { log: (log) => logLike(log, { readRecord: async (id) => retold(await log.readRecord(id)) }) },
  },
  {
    name: 'an engine that shows a frozen card as an active one',
    breaks: ['I6'],
    plant: { engine: withThawed },
  },
  {
    name: 'an engine that changes something on bad input',
    breaks: ['I9'],
    plant: { engine: withSideEffect },
  },
  {
    name: 'a revision by late data that is taken for what the caller was told',
    breaks: ['I1', 'I3'],
    plant: {
      log: (log) =>
        logLike(log, { append: (draft) => log.append({ ...draft, recordId: draft.recordId.replace(/^v:/, 's:') }) }),
    },
  },
  {
    name: 'a clock that goes back',
    breaks: ['I8'],
    plant: { clock: backwards },
  },
  {
    name: 'a log that never answers some of its appends',
    breaks: ['liveness', 'I8'],
    plant: {
      log: (log, random) =>
        logLike(log, {
          append: (draft) => {
            const answer = log.append(draft);
            if (!random.chance(0.02)) return answer;
            answer.catch(() => {});
            return new Promise(() => {});
          },
        }),
    },
  },
];
