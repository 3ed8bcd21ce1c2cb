import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, RecordDraft } from '../../src/ports/event-log.ts';
import { type LogUnderTest, type OpenLog, withLog } from './log-under-test.ts';

const STREAMS = ['card-1', 'card-2', 'account-1', 'ip-10.0.0.1', 'ünï-✓', 'lists'];
const TYPE = 'Modelled';

type AppendPlan = { readonly id: number; readonly body: string; readonly streams: string[]; readonly error: number };
type Operation =
  | { readonly kind: 'append'; readonly plans: readonly AppendPlan[] }
  | { readonly kind: 'snapshot'; readonly stream: string; readonly back: number }
  | { readonly kind: 'reopen' };

const planArbitrary: fc.Arbitrary<AppendPlan> = fc.record({
  id: fc.nat(60),
  body: fc.oneof(fc.string({ unit: 'grapheme' }), fc.json(), fc.constant('{}')),
  streams: fc.subarray(STREAMS, { minLength: 1 }),
  error: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
});
const operationArbitrary: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      plans: fc.array(planArbitrary, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('snapshot'), stream: fc.constantFrom(...STREAMS), back: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
);

/** The log as a few lists: what the real one is compared with. */
class LogModel {
  readonly records: RecordDraft[] = [];
  readonly snapshots = new Map<string, number>();

  revisionOf(stream: string): number {
    return this.of(stream).length - 1;
  }

  of(stream: string): RecordDraft[] {
    return this.records.filter(({ streams }) => streams.some((each) => each.stream === stream));
  }

  /** A draft by its plan: revisions as they will be if all drafts before it are stored, unless the plan errs. */
  draft({ id, body, streams, error }: AppendPlan, pending: readonly RecordDraft[]): RecordDraft {
    const writes = streams.map((stream) => {
      const before = pending.filter((each) => each.streams.some((write) => write.stream === stream)).length;
      return { stream, expectedRevision: this.revisionOf(stream) + before + error };
    });
    return { recordId: `id-${id}`, type: TYPE, body, streams: writes };
  }

  /** What becomes of drafts that are appended at once: a position, or the code of the error. */
  append(drafts: readonly RecordDraft[]): (number | string)[] {
    const refused = new Set<string>();
    return drafts.map((draft) => {
      const outcome = this.#appendOne(draft, refused);
      if (typeof outcome === 'string') for (const { stream } of draft.streams) refused.add(stream);
      return outcome;
    });
  }

  #appendOne(draft: RecordDraft, refused: ReadonlySet<string>): number | string {
    const first = this.records.findIndex(({ recordId }) => recordId === draft.recordId);
    const isSame = JSON.stringify(this.records[first]) === JSON.stringify(draft);
    if (first !== -1) return isSame ? first + 1 : 'LOG_RECORD_EXISTS';
    for (const { stream, expectedRevision } of draft.streams) {
      if (this.revisionOf(stream) !== expectedRevision || refused.has(stream)) return 'LOG_REVISION_CONFLICT';
    }
    return this.records.push(draft);
  }
}

async function outcomeOf(append: Promise<number>): Promise<number | string> {
  try {
    return await append;
  } catch (error) {
    assert.ok(isPalisadeError(error), String(error));
    return error.code;
  }
}

async function compare(log: EventLog, model: LogModel): Promise<void> {
  const all = await log.readAll(0, 1000);
  assert.deepEqual(
    all.map(({ recordId, body, position }) => [recordId, body, position]),
    model.records.map(({ recordId, body }, index) => [recordId, body, index + 1]),
  );
  for (const stream of STREAMS) {
    assert.ok(log.mayHaveStream(stream) || model.of(stream).length === 0);
    const wanted = model.of(stream).map(({ recordId }) => recordId);
    const image = await log.readImage(stream, 'model');
    const snapshotRevision = model.snapshots.get(stream) ?? -1;
    assert.equal(image.revision, wanted.length - 1);
    assert.equal(image.snapshot?.revision ?? -1, snapshotRevision);
    assert.deepEqual(
      image.records.map(({ recordId }) => recordId),
      wanted.slice(snapshotRevision + 1),
    );
    const from = Math.floor(wanted.length / 2);
    const page = await log.readStream(stream, from, 5);
    assert.deepEqual(
      page.map(({ recordId }) => recordId),
      wanted.slice(from, from + 5),
    );
    const revisions = page.map(({ streams }) => streams.find((each) => each.stream === stream)?.revision);
    assert.deepEqual(
      revisions,
      page.map((_, index) => from + index),
    );
  }
  for (const { recordId } of model.records) {
    assert.equal(log.mayHaveRecord(recordId), true);
    assert.equal((await log.readRecord(recordId))?.recordId, recordId);
  }
}

async function runOperations({ log, reopen }: LogUnderTest, operations: readonly Operation[]): Promise<void> {
  const model = new LogModel();
  let current = log;
  for (const operation of operations) {
    if (operation.kind === 'reopen') current = await reopen();
    else if (operation.kind === 'snapshot') {
      const revision = model.revisionOf(operation.stream) - operation.back;
      if (revision < 0) continue;
      model.snapshots.set(operation.stream, revision);
      current.writeSnapshot({ stream: operation.stream, revision, schema: 'model', state: Uint8Array.of(revision) });
    } else {
      const drafts: RecordDraft[] = [];
      for (const plan of operation.plans) drafts.push(model.draft(plan, drafts));
      const outcomes = drafts.map((draft) => outcomeOf(current.append(draft)));
      assert.deepEqual(await Promise.all(outcomes), model.append(drafts));
    }
  }
  await compare(current, model);
  await compare(await reopen(), model);
}

/** Any sequence of appends, snapshots and restarts, against a model of a few lists. */
export function describeLogModel(open: OpenLog, runCount: number): void {
  test('any sequence of appends, snapshots and restarts gives what a simple model gives', () =>
    fc.assert(
      fc.asyncProperty(fc.array(operationArbitrary, { minLength: 5, maxLength: 30 }), (operations) =>
        withLog(open, (subject) => runOperations(subject, operations)),
      ),
      { numRuns: runCount },
    ));
}
