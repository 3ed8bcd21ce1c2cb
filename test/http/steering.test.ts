import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JSON_HEADERS, testServer, transactionText } from './fixtures.ts';

const YAML_HEADERS = { 'content-type': 'application/yaml' };

describe('entities', () => {
  test('tells how a known entity stands, and answers an unknown one with 404', async () => {
    const { server } = testServer();
    await server.app.inject({
      method: 'POST',
      url: '/v1/authorizations',
      headers: JSON_HEADERS,
      payload: transactionText({ cardId: 'c/1 ü' }),
    });
    const known = await server.app.inject(`/v1/cards/${encodeURIComponent('c/1 ü')}`);
    assert.deepEqual([known.statusCode, known.json().kind, known.json().id], [200, 'card', 'c/1 ü']);
    for (const collection of ['cards', 'accounts', 'devices', 'merchants', 'ips', 'bins', 'countries']) {
      const unknown = await server.app.inject(`/v1/${collection}/unknown`);
      assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'REQUEST_NOT_FOUND'], collection);
    }
  });

  test('tells how a pair stands, whatever the ids hold', async () => {
    const { server } = testServer();
    const payload = transactionText({ cardId: 'c+1', merchantId: 'm/2' });
    await server.app.inject({ method: 'POST', url: '/v1/authorizations', headers: JSON_HEADERS, payload });
    const known = await server.app.inject('/v1/pairs/card_merchant/c+1/m%2F2');
    assert.deepEqual([known.statusCode, known.json().kind, known.json().id], [200, 'card_merchant', 'c%2B1+m/2']);
    assert.equal((await server.app.inject('/v1/pairs/card_merchant/c/1')).json().code, 'REQUEST_NOT_FOUND');
    assert.equal((await server.app.inject('/v1/pairs/merchant_card/m/c')).json().code, 'REQUEST_INVALID');
  });

  test('takes addresses with colons', async () => {
    const { server } = testServer();
    assert.equal((await server.app.inject('/v1/ips/2001:db8::1')).json().code, 'REQUEST_NOT_FOUND');
  });
});

describe('lists', () => {
  test('an entry that is set is read, replaced and removed', async () => {
    const { server, engine } = testServer();
    const url = '/v1/lists/block/cidr/192.0.2.0%2F24';
    const payload = { expiresAt: '2027-01-01T02:00:00+02:00', note: 'case 118' };
    const set = await server.app.inject({ method: 'PUT', url, payload });
    const entry = { list: 'block', kind: 'cidr', value: '192.0.2.0/24' };
    assert.deepEqual(set.json(), { ...entry, expiresAt: '2027-01-01T00:00:00.000Z', note: 'case 118' });
    assert.equal(engine.lists()[0]?.expiresAtMs, Date.UTC(2027, 0, 1));
    const replaced = await server.app.inject({ method: 'PUT', url });
    assert.deepEqual(replaced.json(), { ...entry, expiresAt: null, note: '' });
    assert.equal((await server.app.inject('/v1/lists')).json().total, 1);
    const removed = await server.app.inject({ method: 'DELETE', url });
    assert.deepEqual([removed.statusCode, removed.body], [204, '']);
    assert.equal((await server.app.inject({ method: 'DELETE', url })).statusCode, 404);
  });

  test('pages and filters', async () => {
    const { server } = testServer();
    for (let number = 0; number < 25; number++) {
      const list = number % 5 === 0 ? 'watch' : 'block';
      await server.app.inject({ method: 'PUT', url: `/v1/lists/${list}/card/tok-${number}` });
    }
    const seen: string[] = [];
    let offset: number | null = 0;
    while (offset !== null) {
      const answer = await server.app.inject(`/v1/lists?list=block&limit=7&offset=${offset}`);
      const page: { total: number; nextOffset: number | null; entries: { value: string }[] } = answer.json();
      assert.equal(page.total, 20);
      for (const entry of page.entries) seen.push(entry.value);
      offset = page.nextOffset;
    }
    assert.equal(new Set(seen).size, 20);
    assert.equal((await server.app.inject('/v1/lists?kind=ip')).json().total, 0);
  });

  for (const query of [
    'list=none',
    'kind=none',
    'offset=-1',
    'limit=0',
    'list=',
    'limit=1001',
    'limit=1e2',
    'size=5',
    'kind=ip&kind=card',
  ]) {
    test(`refuses the query ${query}`, async () => {
      const { server } = testServer();
      const answer = await server.app.inject(`/v1/lists?${query}`);
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.json().errors[0].field, query.startsWith('size') ? 'query' : query.split('=')[0]);
    });
  }

  test('refuses values that do not fit their kind, and unknown members', async () => {
    const { server, engine } = testServer();
    for (const url of ['/v1/lists/block/ip/999', '/v1/lists/deny/ip/192.0.2.1', '/v1/lists/block/iban/x']) {
      const answer = await server.app.inject({ method: 'PUT', url });
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'REQUEST_INVALID'], url);
    }
    const card = await server.app.inject({ method: 'PUT', url: '/v1/lists/block/card/4111111111111111' });
    assert.equal(card.json().code, 'REQUEST_CARD_DATA');
    const payload = { until: 'x' };
    assert.equal((await server.app.inject({ method: 'PUT', url: '/v1/lists/block/card/a', payload })).statusCode, 400);
    assert.equal(engine.lists().length, 0);
  });
});

describe('suppressions', () => {
  const url = '/v1/suppressions/amount-spike/card/tok-1';

  test('one that is set is read', async () => {
    const { server, engine } = testServer();
    const payload = { until: '2026-02-01T00:00:00Z', note: 'announced' };
    const set = await server.app.inject({ method: 'PUT', url, payload });
    const expected = {
      ruleId: 'amount-spike',
      kind: 'card',
      id: 'tok-1',
      until: '2026-02-01T00:00:00.000Z',
      note: 'announced',
      by: '',
    };
    assert.deepEqual(set.json(), expected);
    assert.deepEqual((await server.app.inject('/v1/suppressions')).json(), { suppressions: [expected] });
    assert.equal(engine.suppressions()[0]?.untilMs, Date.UTC(2026, 1, 1));
  });

  test('one that is removed is gone, once', async () => {
    const { server } = testServer();
    const address = '/v1/suppressions/amount-spike/ip/2001:db8::1';
    const payload = { until: '2026-02-01T00:00:00Z' };
    for (const path of [url, address])
      assert.equal((await server.app.inject({ method: 'PUT', url: path, payload })).statusCode, 200);
    const remove = (path: string) => server.app.inject({ method: 'DELETE', url: path });
    const removed = await remove(url);
    assert.deepEqual([removed.statusCode, removed.body], [204, '']);
    const again = await remove(url);
    assert.deepEqual([again.statusCode, again.json().code], [404, 'REQUEST_NOT_FOUND']);
    assert.equal((await remove('/v1/suppressions/amount-spike/ip/2001:DB8:0::1')).statusCode, 204);
    assert.deepEqual((await server.app.inject('/v1/suppressions')).json(), { suppressions: [] });
    const wrong: readonly (readonly [string, string])[] = [
      ['/v1/suppressions/amount-spike/house/1', 'kind'],
      ['/v1/suppressions/amount-spike/ip/999', 'id'],
    ];
    for (const [path, field] of wrong) {
      const answer = await remove(path);
      assert.deepEqual([answer.statusCode, answer.json().errors[0].field], [400, field]);
    }
    assert.equal(
      (await remove('/v1/suppressions/amount-spike/card/4111111111111111')).json().code,
      'REQUEST_CARD_DATA',
    );
  });

  test('refuses a body that says again, or says otherwise, what the path says', async () => {
    const { server, engine } = testServer();
    const until = '2026-02-01T00:00:00Z';
    for (const payload of [{ until, id: 'tok-2' }, { until, ruleId: 'amount-spike' }, {}, { until: 'soon' }]) {
      assert.equal((await server.app.inject({ method: 'PUT', url, payload })).statusCode, 400);
    }
    for (const payload of ['[]', '"x"', 'null', '']) {
      const answer = await server.app.inject({ method: 'PUT', url, payload, headers: JSON_HEADERS });
      assert.equal(answer.statusCode, 400, payload);
    }
    assert.equal(engine.suppressions().length, 0);
  });
});

describe('ruleset', () => {
  test('is published as YAML and read back', async () => {
    const { server } = testServer();
    const payload = 'name: second';
    const published = await server.app.inject({ method: 'PUT', url: '/v1/ruleset', headers: YAML_HEADERS, payload });
    assert.deepEqual([published.statusCode, published.json().name], [200, 'second']);
    assert.equal((await server.app.inject('/v1/ruleset')).json().text, payload);
  });

  test('that is not valid changes nothing and names the field', async () => {
    const { server } = testServer();
    const call = { headers: { 'content-type': 'text/yaml' }, payload: 'rules: []' } as const;
    const refused = await server.app.inject({ method: 'PUT', url: '/v1/ruleset', ...call });
    assert.deepEqual([refused.statusCode, refused.json().code], [422, 'RULESET_INVALID']);
    assert.deepEqual(refused.json().errors, [{ line: 1, column: 1, field: 'name', message: 'is required' }]);
    assert.equal((await server.app.inject('/v1/ruleset')).json().name, 'first');
  });

  test('is tried without being published', async () => {
    const { server } = testServer();
    const call = { method: 'POST', url: '/v1/ruleset/validate', headers: YAML_HEADERS } as const;
    const bad = await server.app.inject({ ...call, payload: 'rules: []' });
    const problem = { line: 1, column: 1, field: 'name', message: 'is required' };
    assert.deepEqual([bad.statusCode, bad.json()], [200, { valid: false, problems: [problem] }]);
    const good = await server.app.inject({ ...call, payload: 'name: other' });
    assert.deepEqual(good.json(), { valid: true, problems: [] });
    assert.equal((await server.app.inject('/v1/ruleset')).json().name, 'first');
  });
});
