import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LATENCY_BUCKETS_S, LatencyHistogram } from '../../src/http/latency-histogram.ts';
import {
  admissionLimits,
  JSON_HEADERS,
  ManualClock,
  type TestServer,
  testServer,
  transactionText,
} from './fixtures.ts';

function authorize({ server }: TestServer, transactionId: string) {
  const payload = transactionText({ transactionId });
  return server.app.inject({ method: 'POST', url: '/v1/authorizations', headers: JSON_HEADERS, payload });
}

async function metricsOf({ server }: TestServer): Promise<Map<string, number>> {
  const text = (await server.app.inject('/metrics')).body;
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const parts = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    assert.ok(parts !== null && !Number.isNaN(Number(parts[2])), `not a sample: ${line}`);
    assert.ok(!samples.has(parts[1] ?? ''), `twice: ${line}`);
    samples.set(parts[1] ?? '', Number(parts[2]));
  }
  return samples;
}

describe('probes', () => {
  test('the process is live whatever the engine says', async () => {
    const { server, engine } = testServer();
    engine.ready = { ready: false, reasons: ['recovering'] };
    assert.deepEqual((await server.app.inject('/livez')).json(), { live: true });
  });

  test('readiness tells the reasons of the engine', async () => {
    const { server, engine } = testServer();
    assert.deepEqual((await server.app.inject('/readyz')).json(), { ready: true, reasons: [] });
    engine.ready = { ready: false, reasons: ['recovering', 'the log is locked'] };
    const answer = await server.app.inject('/readyz');
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    const { code, ready, reasons } = answer.json();
    assert.deepEqual([code, ready, reasons], ['ENGINE_NOT_READY', false, ['recovering', 'the log is locked']]);
  });
});

describe('/metrics', () => {
  test('counts requests by route and status, decisions by outcome and mode, repeats apart', async () => {
    const rig = testServer();
    for (const id of ['a', 'b', 'a']) await authorize(rig, id);
    await rig.server.app.inject({ method: 'POST', url: '/v1/authorizations', headers: JSON_HEADERS, payload: '{' });
    await rig.server.app.inject('/v1/cards/unknown');
    await rig.server.app.inject('/nowhere');
    const samples = await metricsOf(rig);
    const requests = (labels: string) => samples.get(`palisade_http_requests_total{${labels}}`);
    assert.equal(requests('route="/v1/authorizations",method="POST",status="200"'), 3);
    assert.equal(requests('route="/v1/authorizations",method="POST",status="400"'), 1);
    assert.equal(requests('route="/v1/cards/{id}",method="GET",status="404"'), 1);
    assert.equal(requests('route="none",method="any",status="404"'), 1);
    assert.equal(samples.get('palisade_decisions_total{outcome="approve",mode="full"}'), 2);
    assert.equal(samples.get('palisade_authorization_repeats_total'), 1);
    const count = samples.get('palisade_http_request_duration_seconds_count{route="/v1/authorizations",method="POST"}');
    assert.equal(count, 4);
    assert.equal(samples.get('palisade_engine_resident_actors{kind="card"}'), 3);
    assert.equal(samples.get('palisade_engine_decisions_total'), 2);
    assert.equal(samples.get('palisade_ready'), 1);
    assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e6);
  });

  test('gets no new series from what a client sends', async () => {
    const rig = testServer();
    await authorize(rig, 'a');
    for (const url of ['/v1/cards/a', '/nowhere-a', '/docs/static/a.js']) await rig.server.app.inject(url);
    await metricsOf(rig);
    const before = [...(await metricsOf(rig)).keys()];
    for (let index = 0; index < 50; index++) {
      await authorize(rig, `txn-${index}`);
      await rig.server.app.inject(`/v1/cards/${index}`);
      await rig.server.app.inject(`/nowhere-${index}?q=${index}`);
      await rig.server.app.inject(`/docs/static/${index}.js`);
    }
    assert.deepEqual([...(await metricsOf(rig)).keys()], before);
  });
});

describe('LatencyHistogram', () => {
  test('counts each duration in the buckets at or above it', () => {
    const histogram = new LatencyHistogram();
    const durations = [0, 0.0005, 0.00051, 0.03, 10, 11];
    for (const seconds of durations) histogram.observe(seconds);
    const text = histogram.expose('h', 'a="b"');
    for (const bound of LATENCY_BUCKETS_S) {
      const expected = durations.filter((seconds) => seconds <= bound).length;
      assert.ok(text.includes(`h_bucket{a="b",le="${bound}"} ${expected}\n`), String(bound));
    }
    assert.ok(text.includes('h_bucket{a="b",le="+Inf"} 6\n'));
    assert.ok(text.includes('h_count{a="b"} 6\n'));
    assert.ok(new LatencyHistogram().expose('h', '').includes('h_bucket{le="0.0005"} 0\nh_bucket{le="0.001"} 0\n'));
  });
});

describe('shedding', () => {
  test('turns work away before its body is read, and keeps probes, metrics and steering', async () => {
    const clock = new ManualClock();
    const limits = { admission: admissionLimits({ delayMsMax: 100 }) };
    const rig = testServer({ clock, limits });
    await rig.server.listen('127.0.0.1', 0);
    try {
      rig.engine.oldestPendingMs = 100;
      clock.advance(20);
      const shed = await rig.server.app.inject({
        method: 'POST',
        url: '/v1/authorizations',
        headers: JSON_HEADERS,
        payload: '{"broken',
      });
      assert.deepEqual([shed.statusCode, shed.json().code], [503, 'ENGINE_OVERLOADED']);
      assert.equal(shed.headers['retry-after'], '5');
      assert.equal((await rig.server.app.inject('/v1/cards/x')).statusCode, 503);
      for (const url of ['/livez', '/readyz', '/metrics', '/v1/lists', '/v1/suppressions', '/v1/ruleset', '/docs']) {
        assert.equal((await rig.server.app.inject(url)).statusCode, 200, url);
      }
      assert.equal((await rig.server.app.inject({ method: 'PUT', url: '/v1/lists/block/card/x' })).statusCode, 200);
      const samples = await metricsOf(rig);
      assert.equal(samples.get('palisade_http_shed_total{reason="queue_delay"}'), 2);
      assert.equal(samples.get('palisade_http_shed_share'), 1);
      rig.engine.oldestPendingMs = 0;
      clock.advance(20);
      assert.equal((await authorize(rig, 'a')).statusCode, 200);
    } finally {
      rig.server.app.server.closeAllConnections();
      await rig.server.app.close();
    }
  });
});
