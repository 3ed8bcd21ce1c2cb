import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Location } from '../../src/domain/events.ts';
import { explainDecision } from '../../src/runtime/lab/explain.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { cardFeature, type EngineRig, type RigOptions, startRig } from '../support/engine-rig.ts';
import { isoAt, referenceOf, transactionOf } from '../support/event-builders.ts';
import type { RulesetParts } from '../support/ruleset-builder.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const MINUTE_MS = 60_000;
const EARTH_RADIUS_KM = 6371.0088;
const HERE: Location = { latitude: 0, longitude: 0 };

const RULESET: RulesetParts = {
  name: 'with-profiles',
  features: [cardFeature('home_km', { aggregate: { function: 'home_distance_km' }, window: null })],
  rules: [
    '{ id: tier, when: "\'tier\' in card.attributes && card.attributes.tier > 0", outcome: approve, score: 1, ' +
      'reason: TIER }',
    '{ id: home, when: "card.home_country != \'\'", outcome: approve, score: 1, reason: HOME }',
    '{ id: far, when: card.home_km > 0, outcome: approve, score: 1, reason: FAR }',
  ],
};

type Step =
  | { readonly kind: 'pay'; readonly minute: number }
  | {
      readonly kind: 'state';
      readonly minute: number;
      readonly tier?: number;
      readonly homeCountry?: string;
      readonly home?: Location;
    };

function at(minute: number): string {
  return isoAt(SIMULATION_START_MS - minute * MINUTE_MS);
}

function rigOn(options: RigOptions = {}): Promise<EngineRig> {
  return startRig({ ...options, ruleset: RULESET });
}

/** What the reasons of the decision on a payment say that its rules read. */
async function seenBy({ authorize }: EngineRig, id: string, minute: number): Promise<Record<string, unknown>> {
  const { body } = await authorize(transactionOf(id, { occurredAt: at(minute), location: HERE }));
  const decision: Decision = JSON.parse(body);
  assert.equal(decision.mode, 'full');
  return Object.assign({}, ...decision.reasons.map(({ evidence }) => evidence));
}

async function play(rig: EngineRig, steps: readonly Step[], from = 0): Promise<Record<string, unknown>[]> {
  const seen: Record<string, unknown>[] = [];
  for (const [index, step] of steps.entries()) {
    const id = `e${from + index}`;
    if (step.kind === 'pay') {
      seen.push(await seenBy(rig, id, step.minute));
      continue;
    }
    const { tier, homeCountry, home } = step;
    const attributes = tier === undefined ? {} : { attributes: { tier } };
    const homes = { ...(homeCountry === undefined ? {} : { homeCountry }), ...(home === undefined ? {} : { home }) };
    await rig.engine.record(referenceOf(id, { occurredAt: at(step.minute), ...attributes, ...homes }));
  }
  return seen;
}

/** By the haversine formula, from the equator at longitude 0. */
function kilometresFromHere({ latitude, longitude }: Location): number {
  const half = (degrees: number): number => Math.sin((degrees * Math.PI) / 360) ** 2;
  const haversine = half(latitude) + Math.cos((latitude * Math.PI) / 180) * half(longitude);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(haversine));
}

/** Of what had been recorded before a payment: the newest that holds at its time, the later in the log of equals. */
function inForce<Value>(
  before: readonly Step[],
  minute: number,
  read: (step: Step & { kind: 'state' }) => Value | undefined,
) {
  let found: { readonly minute: number; readonly value: Value } | null = null;
  for (const step of before) {
    const value = step.kind === 'state' ? read(step) : undefined;
    if (value === undefined || step.minute < minute) continue;
    if (found === null || step.minute <= found.minute) found = { minute: step.minute, value };
  }
  return found?.value;
}

function assertSeen(seen: readonly Record<string, unknown>[], steps: readonly Step[]): void {
  const payments = [...steps.entries()].filter(([, { kind }]) => kind === 'pay');
  for (const [place, [index, { minute }]] of payments.entries()) {
    const before = steps.slice(0, index);
    const what = seen[place] ?? {};
    assert.equal(
      what['card.attributes.tier'],
      inForce(before, minute, ({ tier }) => tier),
      `tier of e${index}`,
    );
    assert.equal(
      what['card.home_country'],
      inForce(before, minute, (one) => one.homeCountry),
      `country of e${index}`,
    );
    const home = inForce(before, minute, (one) => one.home);
    const expected = home === undefined ? 0 : kilometresFromHere(home);
    assert.ok(Math.abs(Number(what['card.home_km'] ?? 0) - expected) < 1e-6 * (1 + expected), `home of e${index}`);
  }
}

const minute = fc.integer({ min: 0, max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('pay' as const), minute }),
  fc.record(
    {
      kind: fc.constant('state' as const),
      minute,
      tier: fc.integer({ min: 1, max: 9 }),
      homeCountry: fc.constantFrom('DE', 'FR', 'NG'),
      home: fc.record({ latitude: fc.integer({ min: -80, max: 80 }), longitude: fc.integer({ min: 1, max: 179 }) }),
    },
    { requiredKeys: ['kind', 'minute'] },
  ),
);

async function reportOf({ engine }: EngineRig): Promise<string> {
  return JSON.stringify({ ...(await engine.readEntity('card', 'card-a')), resident: false });
}

describe('a profile of reference events', () => {
  test('is read as of the time of the payment, late or not', async () => {
    const rig = await rigOn();
    const home = { latitude: 0, longitude: 90 };
    const steps: Step[] = [
      { kind: 'state', minute: 20, tier: 1, homeCountry: 'DE' },
      { kind: 'state', minute: 10, tier: 2, home },
      { kind: 'pay', minute: 0 },
      { kind: 'pay', minute: 15 },
      { kind: 'pay', minute: 21 },
      { kind: 'state', minute: 18, tier: 3 },
      { kind: 'pay', minute: 15 },
      { kind: 'pay', minute: 0 },
    ];
    const seen = await play(rig, steps);
    assert.deepEqual(
      seen.map((what) => [what['card.attributes.tier'], what['card.home_country']]),
      [
        [2, 'DE'],
        [1, 'DE'],
        [undefined, undefined],
        [3, 'DE'],
        [2, 'DE'],
      ],
    );
    assertSeen(seen, steps);
    for (const [index, { kind }] of steps.entries()) {
      if (kind !== 'pay') continue;
      const explained = await explainDecision(rig.log, ACTOR_DEFINITIONS, `e${index}`);
      assert.deepEqual(
        [explained?.difference, explained?.differingFeatures],
        ['', []],
        `the log gives e${index} again`,
      );
      const card = explained?.actors.find((actor) => actor.kind === 'card');
      assert.equal(
        card?.attributes.tier,
        inForce(steps.slice(0, index), steps[index]?.minute ?? 0, ({ tier }) => tier),
      );
    }
  });

  test('is what the definition says for every order of statements and payments, over a crash too', async () => {
    const past = fc.tuple(fc.array(step, { maxLength: 25 }), fc.array(step, { maxLength: 10 }));
    await fc.assert(
      fc.asyncProperty(past, fc.constantFrom(1, 3, 1000), async ([before, after], snapshotEveryEvents) => {
        const log = createMemoryEventLog();
        const rig = await rigOn({ log, settings: { snapshotEveryEvents } });
        const seen = await play(rig, before);
        const lived = await reportOf(rig);
        const crashed = await rigOn({ log: log.crash() });
        assert.equal(await reportOf(crashed), lived);
        seen.push(...(await play(crashed, after, before.length)));
        assertSeen(seen, [...before, ...after]);
        const report = await reportOf(crashed);
        const folded = await rigOn({ log: crashed.log.crash() });
        assert.equal(await reportOf(folded), report);
      }),
      { numRuns: 30 },
    );
  });
});
