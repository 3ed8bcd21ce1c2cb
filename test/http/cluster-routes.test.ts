import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createKey, KeyRing } from '../../src/http/mod.ts';
import { JSON_HEADERS, testServer, transactionText } from './fixtures.ts';

const URL = '/v1/authorizations';

describe('a node of a cluster', () => {
  test('shows the cluster and itself', async () => {
    const { server, cluster } = testServer({ isNode: true });
    const report = await server.app.inject('/v1/cluster');
    assert.deepEqual([report.statusCode, report.json()], [200, await cluster.report(null)]);
    const node = await server.app.inject('/v1/cluster/node');
    assert.deepEqual([node.statusCode, node.json()], [200, cluster.state()]);
  });

  test('shows metrics of it', async () => {
    const text = (await testServer({ isNode: true }).server.app.inject('/metrics')).body;
    const expected = [
      'palisade_cluster_members 1',
      'palisade_cluster_shards_owned 2',
      'palisade_cluster_troubled 1',
      'palisade_cluster_calls_total{way="forwarded"} 2',
    ];
    for (const line of expected) assert.ok(text.includes(line), line);
  });

  test('tells a forwarded call by its header, and hands the key of the caller on', async () => {
    const { key, entry } = createKey({ id: 'all', scopes: ['authorize', 'read'] }, randomBytes);
    const { server, cluster } = testServer({ isNode: true, keys: new KeyRing([entry]) });
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${key}` };
    const body = transactionText();
    await server.app.inject({ method: 'POST', url: URL, headers, body });
    await server.app.inject({ method: 'POST', url: URL, headers: { ...headers, 'palisade-hop': '1' }, body });
    await server.app.inject({ method: 'POST', url: URL, headers: { ...JSON_HEADERS, 'x-api-key': key }, body });
    assert.deepEqual(cluster.origins, [
      { isForwarded: false, credential: key },
      { isForwarded: true, credential: key },
      { isForwarded: false, credential: key },
    ]);
    assert.equal((await server.app.inject('/v1/cluster')).statusCode, 401);
    const asked = await server.app.inject({ url: '/v1/cluster', headers });
    assert.equal(asked.json().trouble, 'asked with a key');
  });

  test('asks for the key of a forwarded call as of any other', async () => {
    const { entry } = createKey({ id: 'all', scopes: ['authorize'] }, randomBytes);
    const { server, cluster } = testServer({ isNode: true, keys: new KeyRing([entry]) });
    const headers = { ...JSON_HEADERS, 'palisade-hop': '1' };
    const answer = await server.app.inject({ method: 'POST', url: URL, headers, body: transactionText() });
    assert.deepEqual([answer.statusCode, cluster.origins.length], [401, 0]);
  });
});

test('a server alone has no routes for a cluster', async () => {
  const { server } = testServer();
  assert.equal((await server.app.inject('/v1/cluster')).statusCode, 404);
});
