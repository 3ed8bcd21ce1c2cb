import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryReadStore } from '../../../src/adapters/memory/memory-read-store.ts';
import { rulesetWithViews } from '../../views/view-rig.ts';
import { ArrayLog, metricOf, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const TIME = 'event_time: { out_of_orderness: 0s, lateness: 5s, late: side_output }';

const DEVICES = `  devices:
    from: metric
    group_by: deviceId
    window: tumbling 10s
    aggregates: { mean: mean(event.metrics.t), n: count }
    tags: { hot: row.mean > 50.0 }
`;
const VIEWS = `${DEVICES}  hot_devices: { from: view.devices, where: event.hot }
  minutes:
    from: view.devices
    window: tumbling 1m
    aggregates: { devices: distinct(event.deviceId), n: sum(event.n) }
  finals:
    from: metric
    window: hopping 30s every 10s
    emit: final
    late: correct
    aggregates: { high: max(event.metrics.t), n: count }
`;
const HOT_RULE =
  '  - { id: hot, on: view.devices, when: row.hot && row.n > 1.0, outcome: alert, reason: HOT, score: 9 }';
const RULESET = rulesetWithViews(VIEWS, HOT_RULE, TIME);

/** Steps of time, now and then far back. */
const traffic = fc.array(
  fc.record({
    stepMs: fc.integer({ min: 0, max: 4000 }),
    backMs: fc.constantFrom(0, 0, 0, 3000, 60_000),
    t: fc.nat(100),
  }),
  { minLength: 1, maxLength: 60 },
);

function logOf(drawn: readonly { stepMs: number; backMs: number; t: number }[], ruleset = RULESET): ArrayLog {
  const log = new ArrayLog();
  log.append('r1', publishedOf(ruleset, 'one'));
  let nowMs = START_MS;
  for (const [index, { stepMs, backMs, t }] of drawn.entries()) {
    nowMs += stepMs;
    log.append(`m${index}`, metricOf(`m${index}`, Math.max(0, nowMs - backMs), `d${t % 3}`, { t }));
  }
  return log;
}

describe('projections', () => {
  test('come to the same rows, changes and progress whatever the batches', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, fc.integer({ min: 1, max: 20 }), async (drawn, batch) => {
        const [one, other] = [logOf(drawn), logOf(drawn)];
        const [singly, batched] = [new RunnerRig(one), new RunnerRig(other)];
        await singly.follow(1);
        await batched.follow(batch);
        // The facts that views make end up at other places in the log, but those of the views come to the same.
        assert.deepEqual(singly.failure, null);
        assert.deepEqual(singly.rows('devices'), batched.rows('devices'));
        assert.deepEqual(singly.rows('minutes'), batched.rows('minutes'));
        assert.deepEqual(singly.rows('finals'), batched.rows('finals'));
        assert.equal(one.ofType('AlertRaised').length, other.ofType('AlertRaised').length);
      }),
      { numRuns: 30 },
    );
  });

  test('rebuilt from the start equal the live ones, row for row, also after crashes', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, fc.array(fc.nat(20), { maxLength: 6 }), async (drawn, crashes) => {
        const log = logOf(drawn);
        const store = createMemoryReadStore();
        for (const crash of crashes) {
          let steps = crash;
          const rig = new RunnerRig(log, store, () => steps-- <= 0);
          for (let step = 0; step < crash && rig.runner.position < log.records.length; step++) {
            await rig.runner.apply(log.after(rig.runner.position, 2));
          }
          await rig.runner.settled();
          rig.runner.close();
        }
        const live = new RunnerRig(log, store);
        await live.follow();
        const anew = new RunnerRig(log);
        await anew.follow(50);
        assert.deepEqual(live.contents(), anew.contents());
        const alerts = log.ofType('AlertRaised').map(({ recordId }) => recordId);
        assert.equal(new Set(alerts).size, alerts.length);
      }),
      { numRuns: 40 },
    );
  });

  test('raise one alert for a rule and a row, and none for what was before the ruleset', async () => {
    const log = new ArrayLog();
    log.append('r0', publishedOf(rulesetWithViews(DEVICES, '', TIME), 'zero'));
    for (let index = 0; index < 5; index++) log.append(`a${index}`, metricOf(`a${index}`, START_MS, 'd', { t: 90 }));
    log.append('r1', publishedOf(rulesetWithViews(DEVICES, HOT_RULE, TIME), 'one'));
    const rig = new RunnerRig(log);
    await rig.follow();
    assert.equal(log.ofType('AlertRaised').length, 0);
    for (let index = 0; index < 5; index++) {
      log.append(`b${index}`, metricOf(`b${index}`, START_MS + 20_000, 'd', { t: 90 }));
    }
    await rig.follow();
    const alerts = log.ofType('AlertRaised').map(({ body }) => JSON.parse(body));
    assert.equal(alerts.length, 1);
    const { ruleId, reason, score, place, row, causePosition } = alerts[0];
    assert.deepEqual([ruleId, reason, score, causePosition], ['hot', 'HOT', 9, 9]);
    assert.deepEqual(place.group, { deviceId: 'd' });
    assert.equal(place.windowStart, new Date(START_MS + 20_000).toISOString());
    assert.deepEqual([row.n, row.mean, row.hot], [2, 90, true]);
  });

  test('of a changed ruleset are built beside the old ones, which are read until then', async () => {
    const log = logOf([]);
    for (let index = 0; index < 2000; index++) {
      log.append(`m${index}`, metricOf(`m${index}`, START_MS + index * 100, `d${index % 5}`, { t: index % 100 }));
    }
    const rig = new RunnerRig(log);
    await rig.follow(100);
    const before = rig.rows('devices');
    const next = RULESET.replace('n: count }\n    tags', 'n: count, low: min(event.metrics.t) }\n    tags');
    log.append('r2', publishedOf(next, 'two'));
    await rig.runner.apply(log.after(rig.runner.position, 10));
    assert.deepEqual(rig.rows('devices'), before);
    assert.deepEqual(
      rig.runner
        .building()
        .map(({ name }) => name)
        .sort(),
      ['devices', 'hot_devices', 'minutes'],
    );
    let position = 0;
    while (rig.runner.building().length > 0) {
      await Promise.resolve();
      const seen = rig.queries.rows({ view: 'devices', limit: 1, cursor: null, equal: {}, fromMs: null, toMs: null });
      assert.ok(seen !== null && seen.position >= position, 'no reader is taken back');
      position = seen.position;
    }
    const [row] = rig.rows('devices');
    assert.ok(typeof row === 'object' && row !== null && 'low' in row);
    const anew = new RunnerRig(log);
    await anew.follow(500);
    assert.deepEqual(rig.contents(), anew.contents());
  });

  test('are rebuilt on demand, and end as they were', async () => {
    const log = logOf(
      Array.from({ length: 50 }, (_, index) => ({ stepMs: 700, backMs: index % 7 === 0 ? 60_000 : 0, t: index })),
    );
    const rig = new RunnerRig(log);
    await rig.follow();
    const before = rig.contents();
    const appended = log.records.length;
    assert.equal(rig.runner.rebuild('devices'), true);
    assert.equal(rig.runner.rebuild('nothing'), false);
    await rig.follow();
    assert.deepEqual(rig.contents(), before);
    assert.equal(log.records.length, appended, 'a rebuild says nothing twice');
  });

  test('put late events aside, correct, or drop, as is declared, and count each', async () => {
    const view = (name: string, late: string): string =>
      `  ${name}: { from: metric, window: tumbling 10s, late: ${late}, aggregates: { n: count } }\n`;
    const log = new ArrayLog();
    const views = view('dropping', 'drop') + view('correcting', 'correct') + view('aside', 'side_output');
    log.append('r', publishedOf(rulesetWithViews(views, '', TIME), 'one'));
    for (const [index, second] of [1, 2, 30, 5, 31].entries()) {
      log.append(`m${index}`, metricOf(`m${index}`, START_MS + second * 1000, 'd', { t: 1 }));
    }
    const rig = new RunnerRig(log);
    await rig.follow();
    const countsOf = (name: string): unknown[] => rig.rows(name).map((row) => Object.values(row ?? {}).at(-1));
    assert.deepEqual(
      [countsOf('dropping'), countsOf('correcting'), countsOf('aside')],
      [
        [2, 2],
        [2, 3],
        [2, 2],
      ],
    );
    const reports = rig.queries
      .views()
      .map((each) => [each.name, each.lateEvents, each.droppedEvents, each.corrections]);
    assert.deepEqual(reports, [
      ['aside', 1, 1, 0],
      ['correcting', 0, 0, 1],
      ['dropping', 1, 1, 0],
    ]);
    const aside = rig.queries.lateEvents(null, 10)?.lateEvents ?? [];
    assert.deepEqual(
      aside.map(({ view: name, recordId, position }) => [name, recordId, position]),
      [['aside', 'm3', 5]],
    );
    const [diverted] = log.ofType('EventDiverted').map(({ body }) => JSON.parse(body));
    assert.deepEqual([diverted.view, diverted.causeId], ['aside', 'm3']);
    const [corrected] = log.ofType('ResultCorrected').map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      [corrected.place.view, corrected.corrects, corrected.before.n, corrected.after.n, corrected.causeId],
      ['correcting', 2, 2, 3, 'm3'],
    );
    const changes = rig.queries.changes('correcting', 0, 10)?.changes ?? [];
    assert.deepEqual(
      changes.map(({ sequence, kind, corrects }) => [sequence, kind, corrects]),
      [
        [1, 'insert', null],
        [2, 'update', null],
        [3, 'insert', null],
        [4, 'correction', 2],
        [5, 'update', null],
      ],
    );
  });

  test('page through rows without a gap or a repeat, and refuse what does not fit', async () => {
    const log = logOf(Array.from({ length: 200 }, (_, t) => ({ stepMs: 900, backMs: 0, t })));
    const rig = new RunnerRig(log);
    await rig.follow();
    const all = rig.rows('devices');
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = rig.queries.rows({ view: 'devices', limit: 7, cursor, equal: {}, fromMs: null, toMs: null });
      paged.push(...(page?.rows ?? []));
      cursor = page?.nextCursor ?? null;
    } while (cursor !== null);
    assert.ok(all.length > 30);
    assert.deepEqual(paged, all);
    const query = { view: 'devices', limit: 5, cursor: null, equal: {}, fromMs: null, toMs: null };
    for (const bad of [
      { cursor: 'x' },
      { equal: { mean: '1' } },
      { equal: { hot: 'maybe' } },
      { equal: { no: 'x' } },
    ]) {
      assert.throws(() => rig.queries.rows({ ...query, ...bad }), /Cannot read the view/);
    }
    assert.equal(rig.queries.rows({ ...query, view: 'no' }), null);
  });
});
