import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openReadStoreReader } from '../../../src/adapters/sqlite/read-store-reader.ts';
import { openSqliteReadStore } from '../../../src/adapters/sqlite/sqlite-read-store.ts';
import { answerTo } from '../../../src/cli/console/console-answers.ts';
import type { ConsoleQuestion } from '../../../src/cli/console/console-messages.ts';
import { CONSOLE_PROJECTIONS } from '../../../src/cli/console/console-projections.ts';
import type { CaseAction } from '../../../src/domain/case-facts.ts';
import {
  ANY_OPEN_CASE,
  CASE_SORTS,
  type CaseListQuery,
  type CaseOrder,
  type CasePage,
} from '../../../src/ports/cases.ts';
import { CaseDesk } from '../../../src/runtime/cases/case-desk.ts';
import { ProjectionRunner } from '../../../src/runtime/projection-runner.ts';
import { startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const folder = mkdtempSync(join(tmpdir(), 'palisade-cases-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A desk over an engine whose rules decline what is large; `follow` lets the projections catch up. */
async function openDesk() {
  const { engine, log, clock, authorize } = await startRig();
  const file = join(folder, `${files++}.sqlite`);
  const store = openSqliteReadStore(file);
  const runner = new ProjectionRunner({
    store,
    readAll: (position, maxCount) => log.readAll(position, maxCount),
    projectionsOf: () => CONSOLE_PROJECTIONS,
    append: async () => {},
    failed: (error) => {
      throw error;
    },
  });
  runner.start();
  const reader = openReadStoreReader(file);
  const ask = async <Answer>(question: ConsoleQuestion): Promise<Answer> =>
    reader.read((readerOf) => answerTo(question, readerOf)) as Answer;
  const deskOf = (seed: number) =>
    new CaseDesk({
      reads: {
        cases: (query) => ask({ about: 'cases', query }),
        case: (caseId, nowMs) => ask({ about: 'case', caseId, nowMs }),
        decision: (transactionId) => ask({ about: 'decision', transactionId }),
      },
      log,
      clock,
      random: new SeededRandom(seed),
      engine,
    });
  const follow = async (): Promise<void> => {
    await runner.apply(await log.readAll(runner.position, 1000));
  };
  const decline = (id: string, accountId: string, amountMinor = 90_000) =>
    authorize(transactionOf(id, { accountId, cardId: `card-${accountId}`, amountMinor }));
  const close = (): void => {
    reader.close();
    store.close();
  };
  return { desk: deskOf(71), other: deskOf(72), engine, clock, decline, follow, close };
}

function orderOf(action: CaseAction, by: string, changes: Partial<CaseOrder> = {}): CaseOrder {
  return { action, by, assignee: null, until: null, note: '', label: null, ...changes };
}

const LIST = { ...ANY_OPEN_CASE, sort: 'priority', descending: true, limit: 10, cursor: null } as const;
const idsOf = ({ items }: CasePage): string[] => items.map(({ subject }) => subject.id);

describe('the desk', () => {
  test('gathers the alerts of an account, and begins another case after a resolution', async () => {
    const { desk, decline, follow, close } = await openDesk();
    await decline('a1', 'one');
    await decline('a2', 'one');
    await decline('b1', 'two');
    await follow();
    const [first] = (await desk.list(LIST)).items.filter(({ subject }) => subject.id === 'one');
    assert.ok(first);
    assert.equal(first.alerts, 2);
    const receipt = await desk.order(first.caseId, orderOf('resolve', 'ann', { label: 'fraud' }));
    assert.equal(receipt?.labelled, 2);
    await follow();
    await decline('a3', 'one');
    await follow();
    const again = (await desk.list({ ...LIST, status: 'all', subjectId: 'one' })).items;
    assert.deepEqual(again.map(({ status, alerts }) => `${status} ${alerts}`).sort(), ['open 1', 'resolved 2']);
    close();
  });

  test('shows a case by itself with the priority that it has in the queue, which grows as it waits', async () => {
    const { desk, clock, decline, follow, close } = await openDesk();
    await decline('t', 'one');
    await follow();
    clock.advance(7_200_000);
    const [listed] = (await desk.list(LIST)).items;
    assert.ok(listed);
    assert.deepEqual((await desk.read(listed.caseId))?.row, listed);
    assert.equal(listed.priority, listed.score + 2);
    close();
  });

  test('gives no two people the same case, though neither sees what the other did', async () => {
    const { desk, other, decline, follow, close } = await openDesk();
    for (const account of ['one', 'two', 'three']) await decline(`t-${account}`, account);
    await follow();
    const taken = await Promise.all([desk.takeNext('ann'), other.takeNext('ben'), desk.takeNext('cid')]);
    assert.equal(new Set(taken.map((receipt) => receipt?.caseId)).size, 3);
    assert.equal(await other.takeNext('dan'), null);
    close();
  });

  test('holds a case for who took it until the lock ends, and keeps a snoozed one out of the queue', async () => {
    const { desk, clock, decline, follow, close } = await openDesk();
    await decline('t', 'one');
    await follow();
    const taken = await desk.takeNext('ann');
    assert.ok(taken);
    await follow();
    await assert.rejects(desk.order(taken.caseId, orderOf('resolve', 'ben', { label: 'fraud' })), {
      code: 'CASE_REFUSED',
    });
    const until = new Date(clock.nowMs() + 3_600_000).toISOString();
    await desk.order(taken.caseId, orderOf('snooze', 'ann', { until }));
    await follow();
    assert.equal(await desk.takeNext('ann'), null);
    clock.advance(3_600_001);
    assert.equal((await desk.takeNext('ann'))?.caseId, taken.caseId);
    close();
  });

  test('resolves a case once, and labels once, however often it is asked', async () => {
    const { desk, other, decline, follow, close } = await openDesk();
    await decline('t', 'one');
    await follow();
    const [row] = (await desk.list(LIST)).items;
    assert.ok(row);
    const orders = [desk, other].map((each) => each.order(row.caseId, orderOf('resolve', 'x', { label: 'fraud' })));
    const results = await Promise.allSettled(orders);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await follow();
    assert.equal((await desk.order(row.caseId, orderOf('resolve', 'x', { label: 'fraud' })))?.labelled, 0);
    const detail = await desk.read(row.caseId);
    assert.deepEqual(
      detail?.history.map(({ action, by }) => `${action} ${by}`),
      ['resolve x'],
    );
    close();
  });

  test('orders by risk, then lifts what waits', async () => {
    const { desk, engine, decline, follow, close } = await openDesk();
    await decline('t1', 'low');
    await engine.record({
      type: 'reference',
      eventId: 'freeze',
      occurredAt: '2026-01-05T09:00:00.000Z',
      entity: 'card',
      entityId: 'card-high',
      status: 'freeze',
    });
    await decline('t2', 'high');
    await follow();
    assert.deepEqual(idsOf(await desk.list(LIST)), ['high', 'low']);
    assert.deepEqual(idsOf(await desk.list({ ...LIST, search: 'LOW' })), ['low']);
    assert.equal((await desk.list({ ...LIST, scoreMin: 60 })).total, 1);
    close();
  });

  test('gives every case once, page by page, in every order, though cases rise while the pages are read', async () => {
    const { desk, clock, engine, decline, follow, close } = await openDesk();
    for (const card of ['c', 'd']) {
      await engine.record({
        ...{ type: 'reference', eventId: `freeze-${card}`, occurredAt: '2026-01-05T09:00:00.000Z' },
        ...{ entity: 'card', entityId: `card-${card}`, status: 'freeze' },
      });
    }
    for (const [index, account] of ['a', 'b', 'c', 'd', 'e', 'f', 'g'].entries()) {
      await decline(`t-${account}`, account, 90_000 + (index % 3) * 100);
      clock.advance(index % 2 === 0 ? 3_600_000 : 0);
    }
    await follow();
    for (const sort of CASE_SORTS) {
      for (const descending of [true, false]) {
        const query: CaseListQuery = { ...LIST, sort, descending };
        const whole = idsOf(await desk.list(query));
        assert.equal(new Set(whole).size, 7);
        const paged: string[] = [];
        for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
          const page: CasePage = await desk.list({ ...query, limit: 2, cursor });
          assert.equal(page.total, 7);
          paged.push(...idsOf(page));
          cursor = page.nextCursor;
          clock.advance(1_800_000);
        }
        assert.deepEqual(paged, whole, `${sort} ${descending}`);
      }
    }
    await assert.rejects(desk.list({ ...LIST, cursor: '[1,2]' }), { code: 'REQUEST_INVALID' });
    close();
  });

  test('lists the cases of a time, by their last alert', async () => {
    const { desk, decline, follow, close } = await openDesk();
    await decline('t1', 'one');
    await decline('t2', 'two');
    await follow();
    const [row] = (await desk.list(LIST)).items;
    assert.ok(row);
    const atMs = Date.parse(row.lastAlertAt);
    assert.equal(
      (await desk.list({ ...LIST, toMs: atMs })).items.filter(({ caseId }) => caseId === row.caseId).length,
      0,
    );
    const from = await desk.list({ ...LIST, fromMs: atMs, toMs: atMs + 1 });
    assert.ok(from.items.some(({ caseId }) => caseId === row.caseId));
    close();
  });

  test('labels a transaction by itself, and none that was never decided about', async () => {
    const { desk, decline, follow, engine, close } = await openDesk();
    await decline('t', 'one');
    await follow();
    assert.deepEqual(await desk.label('t', 'fraud', 'lbl'), { eventId: 'lbl' });
    assert.equal((await engine.readEntity('card', 'card-one'))?.fraudLabels, 1);
    assert.equal(await desk.label('none', 'fraud', null), null);
    close();
  });
});
