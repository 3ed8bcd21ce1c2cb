import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextLoopTurn } from '../../src/adapters/system/event-loop.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { PalisadeError } from '../../src/domain/errors.ts';
import { asOf as asOfPosition } from '../../src/http/as-of.ts';
import { createHttpServer } from '../../src/http/mod.ts';
import type { ProjectionStatistics, Projections } from '../../src/ports/projections.ts';
import { ArrayLog, metricOf, publishedOf, RunnerRig } from '../runtime/views/runner-rig.ts';
import { rulesetWithViews } from '../views/view-rig.ts';
import { DEADLINE_MS, KeptLog } from './fixtures.ts';
import { MemoryEngine } from './memory-engine.ts';

const START_MS = Date.UTC(2026, 0, 31);
const VIEWS = `  devices:
    from: metric
    group_by: deviceId
    window: tumbling 10s
    aggregates: { mean: mean(event.metrics.t), n: count }
    tags: { hot: row.mean > 50.0 }
`;

/** The projections of a rig as the door reads them, in this thread. */
class LocalProjections implements Projections {
  readonly rig: RunnerRig;
  failure: PalisadeError | null = null;

  constructor(rig: RunnerRig) {
    this.rig = rig;
  }

  async views() {
    return this.#queries.views();
  }

  async rows(query: Parameters<Projections['rows']>[0]) {
    return this.#queries.rows(query);
  }

  async changes(view: string, after: number, limit: number) {
    return this.#queries.changes(view, after, limit);
  }

  async lateEvents(view: string | null, limit: number) {
    return this.#queries.lateEvents(view, limit);
  }

  async projections() {
    return this.#queries.projections();
  }

  async rebuild(name: string) {
    return this.rig.runner.rebuild(name);
  }

  statistics(): ProjectionStatistics {
    return {
      ...this.rig.queries.counts(),
      headPosition: this.rig.log.records.length,
      lagSeconds: 0.5,
      buildingSeconds: 7,
      queueDepth: 0,
      queueDepthMax: 4,
      readersWaiting: 0,
      readersWaitingMax: 256,
      blockedMs: 1500,
      recordCount: 7,
      failure: '',
    };
  }

  get #queries() {
    if (this.failure !== null) throw this.failure;
    return this.rig.queries;
  }
}

/** A server over some metrics, the last of which the projections have not seen. */
async function serverWithViews() {
  const log = new ArrayLog();
  log.append(
    'r',
    publishedOf(rulesetWithViews(VIEWS, '', 'event_time: { lateness: 5s, out_of_orderness: 0s }'), 'one'),
  );
  for (const [index, [seconds, t]] of [
    [1, 80],
    [2, 90],
    [11, 10],
    [40, 20],
    [3, 99],
  ].entries()) {
    log.append(`m${index}`, metricOf(`m${index}`, START_MS + (seconds ?? 0) * 1000, `d${index % 2}`, { t: t ?? 0 }));
  }
  const rig = new RunnerRig(log);
  await rig.follow();
  // Beside the metrics and the ruleset, the log holds what was said of the late one.
  const position = log.records.length;
  log.append('m9', metricOf('m9', START_MS + 41_000, 'd1', { t: 1 }));
  const projections = new LocalProjections(rig);
  const { app } = createHttpServer({
    engine: new MemoryEngine(),
    projections,
    clock: createSystemClock(),
    logger: new KeptLog(),
    keys: null,
    defaultDeadlineMs: DEADLINE_MS,
    version: '0.0.0-test',
    nextTurn: nextLoopTurn,
    limits: { drainGraceMs: 0 },
  });
  return { app, projections, rig, position };
}

describe('the views over HTTP', () => {
  test('are listed, with how far the answer reflects the log', async () => {
    const { app, position } = await serverWithViews();
    const { views, asOf } = (await app.inject('/v1/views')).json();
    assert.equal(views.length, 1);
    const { name, from, window, rows, events, lateEvents, state } = views[0];
    assert.deepEqual(
      [name, from, window, rows, events, lateEvents, state],
      ['devices', 'metric', 'tumbling 10s', 4, 5, 1, 'live'],
    );
    assert.deepEqual(asOf, { position, headPosition: position + 1, lagEvents: 1, lagSeconds: 0.5 });
  });

  test('that are behind the others, as they are being built, say since when', async () => {
    const { projections, position } = await serverWithViews();
    const headPosition = position + 1;
    assert.deepEqual(asOfPosition(projections, 3), {
      position: 3,
      headPosition,
      lagEvents: headPosition - 3,
      lagSeconds: 7,
    });
    assert.equal(asOfPosition(projections, position).lagSeconds, 0.5);
  });

  test('give their rows, newest window first, filtered and in pages', async () => {
    const { app } = await serverWithViews();
    const rowsAt = async (query: string): Promise<unknown[][]> => {
      const answer = await app.inject(`/v1/views/devices?${query}`);
      assert.equal(answer.statusCode, 200, answer.body);
      const rows: Record<string, unknown>[] = answer.json().rows;
      return rows.map((row) => [row.deviceId, row.window_start, row.mean, row.hot]);
    };
    const time = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();
    const all = [
      ['d1', time(40), 20, false],
      ['d0', time(10), 10, false],
      ['d0', time(0), 80, true],
      ['d1', time(0), 90, true],
    ];
    assert.deepEqual(await rowsAt(''), all);
    assert.deepEqual(await rowsAt(`where=${encodeURIComponent('{"deviceId":"d0","hot":true}')}`), [all[2]]);
    assert.deepEqual(await rowsAt(`from=${time(10)}&to=${time(40)}`), [all[1]]);
    const first = (await app.inject('/v1/views/devices?limit=3')).json();
    assert.equal(first.rows.length, 3);
    assert.deepEqual(await rowsAt(`limit=3&cursor=${encodeURIComponent(first.nextCursor)}`), all.slice(3));
  });

  test('give their changes and what came too late', async () => {
    const { app } = await serverWithViews();
    const { changes, next } = (await app.inject('/v1/views/devices/changes?after=1&limit=2')).json();
    assert.deepEqual(
      changes.map((change: { sequence: number; kind: string }) => [change.sequence, change.kind]),
      [
        [2, 'insert'],
        [3, 'insert'],
      ],
    );
    assert.equal(next, 3);
    const { lateEvents } = (await app.inject('/v1/late-events?view=devices')).json();
    assert.deepEqual(
      lateEvents.map((late: { recordId: string }) => late.recordId),
      ['m4'],
    );
  });

  test('refuse what does not fit, and names that are not known', async () => {
    const { app } = await serverWithViews();
    for (const [url, status] of [
      ['/v1/views/nothing', 404],
      ['/v1/views/nothing/changes', 404],
      ['/v1/late-events?view=nothing', 404],
      ['/v1/views/devices?limit=0', 400],
      ['/v1/views/devices?cursor=x', 400],
      ['/v1/views/devices?where=x', 400],
      ['/v1/views/devices?where=%7B%22mean%22%3A1%7D', 400],
      ['/v1/views/devices?from=yesterday', 400],
      ['/v1/views/devices?order=n', 400],
    ] as const) {
      assert.equal((await app.inject(url)).statusCode, status, url);
    }
  });

  test('that have stopped say so, and their numbers are on the metrics page', async () => {
    const { app, projections } = await serverWithViews();
    const page = (await app.inject('/metrics')).body;
    for (const line of [
      'palisade_projections_lag_events 1',
      'palisade_projections_blocked_seconds_total 1.5',
      'palisade_view_late_events_total{view="devices"} 1',
    ]) {
      assert.ok(page.includes(`${line}\n`), line);
    }
    projections.failure = new PalisadeError('READ_STORE_FAILED', 'Cannot go on as the disk is full: 0. Free space.');
    const answer = await app.inject('/v1/views');
    assert.deepEqual([answer.statusCode, answer.json().code], [503, 'READ_STORE_FAILED']);
  });

  test('are built anew on demand', async () => {
    const { app, rig } = await serverWithViews();
    const before = rig.store.generations()[0]?.id;
    assert.equal((await app.inject({ method: 'POST', url: '/v1/projections/nothing/rebuild' })).statusCode, 404);
    assert.equal((await app.inject({ method: 'POST', url: '/v1/projections/devices/rebuild' })).statusCode, 202);
    await rig.runner.settled();
    const [{ name, state, rebuildPosition }] = (await app.inject('/v1/projections')).json().projections;
    assert.deepEqual([name, state, rebuildPosition], ['devices', 'live', null]);
    assert.notEqual(rig.store.generations()[0]?.id, before);
  });
});
