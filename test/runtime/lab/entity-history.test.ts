import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { entityHistory } from '../../../src/runtime/lab/entity-history.ts';
import { ACTOR_DEFINITIONS } from '../../support/actor-definitions.ts';
import { RIG_RULESET, startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { rulesetText } from '../../support/ruleset-builder.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);
const TEXT = rulesetText(RIG_RULESET);
const LAST = Number.MAX_SAFE_INTEGER;
const step = fc.record({
  minute: fc.integer({ min: 0, max: 90 }),
  amountMinor: fc.integer({ min: 1, max: 90_000 }),
  status: fc.option(fc.constantFrom('freeze' as const, 'unfreeze' as const, 'watch' as const)),
});

describe('the history of an entity', () => {
  test('tells after each record what the live actor was, and each change of its status with its cause', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const { log, engine, authorize } = await startRig();
        const seen: object[] = [];
        const changes: object[] = [];
        let before = 'active';
        for (const [index, { minute, amountMinor, status }] of steps.entries()) {
          const occurredAt = new Date(START_MS + minute * 60_000).toISOString();
          if (status === null) await authorize(transactionOf(`t-${index}`, { cardId: 'c', amountMinor, occurredAt }));
          else {
            const event = { type: 'reference', eventId: `e-${index}`, occurredAt, entity: 'card' } as const;
            await engine.record({ ...event, entityId: 'c', status });
          }
          const report = await engine.readEntity('card', 'c');
          if (report === null) throw new Error('the card is not known');
          seen.push({ revision: report.revision, status: report.status, windows: { ...report.windows } });
          const id = status === null ? `t-${index}` : `e-${index}`;
          if (report.status !== before) changes.push({ revision: index, from: before, to: report.status, id });
          before = report.status;
        }
        const question = { kind: 'card', id: 'c', text: TEXT, toRevision: LAST, pointsMax: 50 } as const;
        const history = await entityHistory(log, ACTOR_DEFINITIONS, question);
        assert.deepEqual(
          history.points.map(({ revision, status, windows }) => ({ revision, status, windows })),
          seen,
        );
        assert.deepEqual(
          history.changes.map(({ revision, from, to, cause }) => ({ revision, from, to, id: cause.id })),
          changes,
        );
      }),
      { numRuns: 30 },
    );
  });

  test('ends with the revision that is asked for, and tells no more than the newest before it', async () => {
    const { log, authorize } = await startRig();
    for (let index = 0; index < 12; index++) await authorize(transactionOf(`t-${index}`, { cardId: 'c' }));
    const question = { kind: 'card', id: 'c', text: TEXT, toRevision: 9, pointsMax: 3 } as const;
    const { points } = await entityHistory(log, ACTOR_DEFINITIONS, question);
    assert.deepEqual(
      points.map(({ revision, cause }) => [revision, cause.id]),
      [
        [7, 't-7'],
        [8, 't-8'],
        [9, 't-9'],
      ],
    );
    const none = await entityHistory(log, ACTOR_DEFINITIONS, { ...question, id: 'nobody' });
    assert.deepEqual([none.points, none.changes], [[], []]);
  });
});
