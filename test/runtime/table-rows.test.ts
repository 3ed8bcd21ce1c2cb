import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { decodeFact } from '../../src/codec/mod.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { TableRow } from '../../src/domain/events.ts';
import { isSettled, startRig, turn } from '../support/engine-rig.ts';
import { isoAt, loginOf, rowOf, transactionOf } from '../support/event-builders.ts';
import { type RulesetParts, rulesetText } from '../support/ruleset-builder.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const MINUTE_MS = 60_000;

const RULESET: RulesetParts = {
  name: 'with-tables',
  features: [],
  tables: [
    'country_risk: { columns: { score: number, tier: text, sanctioned: boolean }, keep: 1d }',
    'tier_limit: { columns: { amount_max: number } }',
  ],
  rules: [
    '{ id: sanctioned, when: "table.country_risk[event.country].sanctioned", outcome: decline, reason: SANCTIONED }',
    '{ id: risky, when: "table.country_risk[event.country].score > 70", outcome: review, reason: RISKY }',
    '{ id: over-limit, when: "event.amount > table.tier_limit[table.country_risk[event.country].tier].amount_max", ' +
      'outcome: challenge, reason: OVER_LIMIT }',
    "{ id: unknown-corridor, when: \"event.binCountry != '' && !table.country_risk[event.binCountry + '-' + " +
      'event.country].known", outcome: approve, score: 1, reason: NO_CORRIDOR }',
    '{ id: risky-login, on: login, when: "table.country_risk[event.ipCountry].score > 70", outcome: alert, ' +
      'reason: RISKY_LOGIN }',
  ],
};

/** Time of a minute after the start of the simulation. */
function at(minute: number): string {
  return isoAt(SIMULATION_START_MS + minute * MINUTE_MS);
}

function decisionOf(body: string): Decision {
  return JSON.parse(body);
}

describe('a table of reference data', () => {
  test('is read by rules as of the time of the event, and what was read is evidence', async () => {
    const { engine, authorize } = await startRig({ ruleset: RULESET });
    await engine.record(rowOf('r1', { occurredAt: at(-10), columns: { score: 90, tier: 'low' } }));
    await engine.record(rowOf('r2', { occurredAt: at(-5), columns: { score: 10, sanctioned: true } }));
    await engine.record(
      rowOf('r3', { table: 'tier_limit', key: 'low', occurredAt: at(-10), columns: { amount_max: 5 } }),
    );
    const answers: (readonly string[])[] = [];
    for (const minute of [-11, -10, -6, -5, 0]) {
      const id = `t${minute}`;
      const { body } = await authorize(transactionOf(id, { occurredAt: at(minute), country: 'NG' }));
      answers.push(decisionOf(body).reasons.map(({ code }) => code));
    }
    assert.deepEqual(answers, [[], ['RISKY', 'OVER_LIMIT'], ['RISKY', 'OVER_LIMIT'], ['SANCTIONED'], ['SANCTIONED']]);
    const decision = decisionOf((await engine.findDecision('t-6')) ?? '');
    assert.deepEqual(decision.reasons[0]?.evidence, {
      'event.country': 'NG',
      'table.country_risk[event.country].score': 90,
    });
    assert.deepEqual(decision.reasons[1]?.evidence, {
      'event.amount': 10,
      'event.country': 'NG',
      'table.country_risk[event.country].tier': 'low',
      'table.tier_limit[table.country_risk[event.country].tier].amount_max': 5,
    });
    assert.equal(decision.revisions['table.country_risk'], 1);
    assert.equal(decision.revisions['table.tier_limit'], 0);
  });

  test('is looked up by texts that are joined, and says whether it has a row', async () => {
    const { engine, authorize } = await startRig({ ruleset: RULESET });
    await engine.record(rowOf('r1', { key: 'DE-NG', columns: {} }));
    const reasonsOf = async (id: string, binCountry: string) => {
      const { body } = await authorize(transactionOf(id, { country: 'NG', binCountry }));
      return decisionOf(body).reasons;
    };
    assert.deepEqual(await reasonsOf('t1', 'DE'), []);
    const [reason] = await reasonsOf('t2', 'FR');
    assert.equal(reason?.evidence['table.country_risk[event.binCountry + "-" + event.country].known'], false);
  });

  test('is read by the rules for logins', async () => {
    const { engine } = await startRig({ ruleset: RULESET });
    await engine.record(rowOf('r1', { columns: { score: 71 } }));
    assert.deepEqual((await engine.record(loginOf('l1', { ipCountry: 'NG' }))).alerts, ['RISKY_LOGIN']);
    assert.deepEqual((await engine.record(loginOf('l2', { ipCountry: 'NG', occurredAt: at(-1) }))).alerts, []);
  });

  test('counts a row once it is durable, in the order of the log', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log, ruleset: RULESET });
    await turn();
    log.commitPending();
    const { engine } = await starting;
    const receipts = Promise.all([
      engine.record(rowOf('r1', { columns: { score: 1 } })),
      engine.record(rowOf('r2', { columns: { score: 2 } })),
    ]);
    await turn();
    assert.equal(engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS), null);
    assert.equal(await isSettled(receipts), false);
    log.commitPending(1);
    await turn();
    assert.deepEqual(engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS)?.columns, { score: 1 });
    log.commitPending();
    await receipts;
    assert.deepEqual(engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS)?.columns, { score: 2 });
  });

  test('takes the same event once, also after a restart, and refuses its id with another body', async () => {
    const first = await startRig({ ruleset: RULESET });
    const row = rowOf('r1', { columns: { score: 1, tier: 'a' } });
    assert.equal((await first.engine.record(row)).repeated, false);
    const second = await startRig({ ruleset: RULESET, log: first.log.crash() });
    assert.equal((await second.engine.record({ ...row, columns: { tier: 'a', score: 1 } })).repeated, true);
    assert.equal(second.engine.tables()[0]?.revision, 0);
    await assert.rejects(second.engine.record(rowOf('r1', { columns: { score: 2 } })), {
      code: 'TRANSACTION_CONFLICT',
    });
    await assert.rejects(second.engine.record(loginOf('r1')), { code: 'TRANSACTION_CONFLICT' });
  });

  test('refuses a row of another table, of another column, or of another type, and records nothing', async () => {
    const { engine, log } = await startRig({ ruleset: RULESET });
    const before = log.statistics().headPosition;
    const refusedFields = async (changes: Partial<TableRow>) => {
      const refused = { code: 'REQUEST_INVALID' };
      let fields: unknown;
      await assert.rejects(
        engine.record(rowOf('r', changes)),
        (error: { code: string; fields: { field: string }[] }) => {
          fields = error.fields.map(({ field }) => field);
          return error.code === refused.code;
        },
      );
      return fields;
    };
    assert.deepEqual(await refusedFields({ table: 'country', columns: {} }), ['table']);
    assert.deepEqual(await refusedFields({ columns: { scroe: 1 } }), ['columns.scroe']);
    assert.deepEqual(await refusedFields({ columns: { score: '1', tier: 2, sanctioned: 0 } }), [
      'columns.score',
      'columns.tier',
      'columns.sanctioned',
    ]);
    assert.equal(log.statistics().headPosition, before);
  });

  test('holds no more than its bound, and makes room by forgetting what no event can read', async () => {
    const { engine } = await startRig({ ruleset: RULESET, settings: { tableVersionsMax: 3 } });
    for (const day of [-9, -8, -7]) {
      await engine.record(rowOf(`r${day}`, { key: `k${day}`, occurredAt: at(day * 1440), columns: {} }));
    }
    await assert.rejects(engine.record(rowOf('r4', { key: 'k4', columns: {} })), { code: 'TABLE_FULL' });
    const other = await startRig({ ruleset: RULESET, settings: { tableVersionsMax: 3 } });
    for (const day of [-9, -8, -7, -6, -5]) {
      await other.engine.record(rowOf(`r${day}`, { occurredAt: at(day * 1440), columns: { score: day } }));
    }
    assert.deepEqual(other.engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS)?.columns, { score: -5 });
  });

  test('tells its rows, what they were, and every change in order', async () => {
    const { engine } = await startRig({ ruleset: RULESET });
    await engine.record(rowOf('r1', { occurredAt: at(-1), columns: { score: 1, tier: 'a' } }));
    await engine.record(rowOf('r2', { occurredAt: at(-3), columns: { score: 3 } }));
    await engine.record(rowOf('r3', { occurredAt: at(0), removed: true }));
    const scoreAt = (minute: number) =>
      engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS + minute * MINUTE_MS)?.columns.score ?? null;
    assert.deepEqual([-4, -3, -2, -1, 0].map(scoreAt), [null, 3, 3, 1, null]);
    const changes = await engine.readTableChanges('country_risk', -1, 10);
    assert.deepEqual(
      changes?.map(({ revision, eventId, columns }) => [revision, eventId, columns]),
      [
        [0, 'r1', { score: 1, tier: 'a' }],
        [1, 'r2', { score: 3 }],
        [2, 'r3', null],
      ],
    );
    assert.deepEqual(
      (await engine.readTableChanges('country_risk', 1, 1))?.map(({ eventId }) => eventId),
      ['r3'],
    );
    assert.equal(await engine.readTableChanges('country', -1, 1), null);
    const [report] = engine.tables();
    assert.deepEqual(report, {
      name: 'country_risk',
      description: '',
      columns: { sanctioned: 'boolean', score: 'number', tier: 'text' },
      keepMs: 86_400_000,
      rowCount: 0,
      versionCount: 3,
      revision: 2,
      newestAt: at(0),
    });
  });

  test('is read by its new declaration when the ruleset changes, with the rows that came meanwhile', async () => {
    const { engine, authorize } = await startRig({ ruleset: RULESET });
    await engine.record(rowOf('r1', { columns: { score: 99, tier: 'a' } }));
    const changed = rulesetText({
      ...RULESET,
      tables: ['country_risk: { columns: { tier: text, score: text } }', 'empty: { columns: { score: number } }'],
      rules: ['{ id: tier, when: "table.country_risk[event.country].tier == \'b\'", outcome: review, reason: TIER }'],
    });
    const [, receipt] = await Promise.all([
      engine.publishRuleset(changed),
      engine.record(rowOf('r2', { columns: { tier: 'b', score: 1 } })),
    ]);
    assert.equal(receipt.repeated, false);
    const { body } = await authorize(transactionOf('t1', { country: 'NG' }));
    assert.deepEqual(
      decisionOf(body).reasons.map(({ code }) => code),
      ['TIER'],
    );
    assert.deepEqual(engine.readTableRow('country_risk', 'NG', SIMULATION_START_MS)?.columns, { tier: 'b' });
    await assert.rejects(engine.record(rowOf('r3', { table: 'tier_limit', columns: {} })), { code: 'REQUEST_INVALID' });
    assert.equal(engine.tables().length, 2);
  });

  test('loses no row and repeats none when another writer wins, and learns of the rows of the other', async () => {
    const first = await startRig({ ruleset: RULESET });
    const second = await startRig({ ruleset: RULESET, log: first.log });
    const key = (name: string, index: number) => `${name}${index}`;
    const record = (name: string, { engine }: typeof first) =>
      Array.from({ length: 20 }, async (_, index) => {
        // One writer has the head of the stream; the other has to give way and read on.
        if (index % 5 === 0) await turn();
        return engine.record(rowOf(key(name, index), { key: key(name, index), columns: { score: index } }));
      });
    await Promise.all([...record('a', first), ...record('b', second)]);
    await first.engine.record(rowOf('last-a', { key: 'last', columns: {} }));
    await second.engine.record(rowOf('last-b', { key: 'last', columns: {} }));
    const records = await first.log.readStream('table-country_risk', 0, 100);
    assert.equal(new Set(records.map(({ recordId }) => recordId)).size, 42);
    assert.equal(records.length, 42);
    const expected = await startRig({ ruleset: RULESET, log: first.log.crash() });
    for (let index = 0; index < 20; index++) {
      for (const name of ['a', 'b']) {
        const row = expected.engine.readTableRow('country_risk', key(name, index), SIMULATION_START_MS);
        assert.deepEqual(second.engine.readTableRow('country_risk', key(name, index), SIMULATION_START_MS), row);
        assert.deepEqual(row?.columns, { score: index });
      }
    }
  });

  test('goes on after rows that the log refused', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log, ruleset: RULESET });
    await turn();
    log.commitPending();
    const { engine } = await starting;
    // The same id twice at once, by two bodies: the later is a conflict, and what was appended on top of it goes again.
    const first = engine.record(rowOf('r1', { columns: { score: 1 } }));
    const same = engine.record(rowOf('r1', { columns: { score: 2 } }));
    const other = engine.record(rowOf('r2', { key: 'DE', columns: { score: 3 } }));
    const outcomes = Promise.allSettled([first, same, other]);
    for (let round = 0; round < 5; round++) {
      await turn();
      log.commitPending();
    }
    const [one, two, three] = await outcomes;
    assert.deepEqual([one.status, two.status, three.status], ['fulfilled', 'rejected', 'fulfilled']);
    assert.equal(engine.tables()[0]?.revision, 1);
  });

  test('gives every decision again from the log alone', async () => {
    const step = fc.oneof(
      fc.record({ key: fc.constantFrom('NG', 'DE'), minute: fc.integer({ min: -60, max: 0 }), score: fc.nat(100) }),
      fc.record({ country: fc.constantFrom('NG', 'DE'), minute: fc.integer({ min: -60, max: 0 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { engine, log, authorize } = await startRig({ ruleset: RULESET });
        await Promise.all(
          steps.map((one, index) =>
            'key' in one
              ? engine.record(
                  rowOf(`r${index}`, { key: one.key, occurredAt: at(one.minute), columns: { score: one.score } }),
                )
              : authorize(transactionOf(`t${index}`, { country: one.country, occurredAt: at(one.minute) })),
          ),
        );
        const rows: TableRow[] = [];
        for (const record of await log.readAll(0, 1000)) {
          const fact = decodeFact(record.type, record.body);
          if (fact.type === 'TableRowRecorded') rows.push(fact.row);
          if (fact.type !== 'TransactionDecided') continue;
          const { transaction, decision } = fact;
          const seen = rows.slice(0, (decision.revisions['table.country_risk'] ?? -1) + 1);
          let score = Number.NaN;
          let newest = '';
          for (const { key, occurredAt, columns } of seen) {
            if (key !== transaction.country || occurredAt > transaction.occurredAt || occurredAt < newest) continue;
            newest = occurredAt;
            score = Number(columns?.score);
          }
          const expected = score > 70 ? ['RISKY'] : [];
          assert.deepEqual(
            decision.reasons.map(({ code }) => code),
            expected,
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
