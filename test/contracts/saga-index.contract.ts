import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SagaIndex, SagaQuery, SagaRow } from '../../src/ports/saga-index.ts';
import { EVERY_SAGA } from '../support/saga-queries.ts';

function rowOf(id: string, changes: Partial<SagaRow> = {}): SagaRow {
  return {
    kind: 'freeze-card',
    id,
    run: 1,
    status: 'freezing',
    revision: 0,
    updatedAtMs: 10,
    isOpen: true,
    openedAtMs: 10,
    triggerCount: 1,
    attempts: 0,
    isEscalated: false,
    dueAtMs: null,
    dueAfterMs: 0,
    pending: [{ step: 'freeze', endpoint: 'card-processor', retryAtMs: 10, position: 3 }],
    ...changes,
  };
}

/** What every index of sagas does. `onIndex` runs a body with a fresh one, and a way to open it again. */
export function sagaIndexContract(
  name: string,
  onIndex: (body: (open: () => Promise<SagaIndex>) => Promise<void>) => Promise<void>,
): void {
  describe(`the index of sagas: ${name}`, () => {
    test('is empty at first, and keeps rows and position together', () =>
      onIndex(async (open) => {
        const index = await open();
        assert.deepEqual(await index.load(), { position: 0, rows: [] });
        await index.save(7, [rowOf('a'), rowOf('b')]);
        await index.save(9, [rowOf('b', { revision: 4, isOpen: false, status: 'frozen', pending: [] })]);
        await index.close();
        const again = await open();
        assert.deepEqual(await again.load(), { position: 9, rows: [rowOf('a')] });
        assert.equal((await again.find({ ...EVERY_SAGA, id: 'b' })).rows[0]?.revision, 4);
        await again.close();
      }));

    test('finds by kind, state, id, age and being open, oldest first and in pages', () =>
      onIndex(async (open) => {
        const index = await open();
        const rows = [
          rowOf('late', { openedAtMs: 50 }),
          rowOf('early', { openedAtMs: 20 }),
          rowOf('done', { openedAtMs: 5, isOpen: false, status: 'frozen' }),
          rowOf('early', { kind: 'alert', openedAtMs: 30, status: 'raised' }),
        ];
        await index.save(1, rows);
        const ids = async (query: Partial<SagaQuery>): Promise<string[]> =>
          (await index.find({ ...EVERY_SAGA, ...query })).rows.map(({ kind, id }) => `${kind} ${id}`);
        assert.deepEqual(await ids({ isOpen: true }), ['freeze-card early', 'alert early', 'freeze-card late']);
        assert.deepEqual(await ids({ kind: 'alert' }), ['alert early']);
        assert.deepEqual(await ids({ status: 'frozen' }), ['freeze-card done']);
        assert.deepEqual(await ids({ id: 'early' }), ['freeze-card early', 'alert early']);
        assert.deepEqual(await ids({ openedBeforeMs: 20 }), ['freeze-card done', 'freeze-card early']);
        assert.deepEqual(await index.find({ ...EVERY_SAGA, offset: 1, limit: 1 }), { total: 4, rows: [rows[1]] });
        await index.close();
      }));
  });
}
