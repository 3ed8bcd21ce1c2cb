import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { createKey, KeyRing, SCOPES, type Scope } from '../../src/http/mod.ts';
import { JSON_HEADERS, ManualClock, testServer, transactionText } from './fixtures.ts';

/** Who may call what, said a second time: a route that is added or changed has to be changed here too. */
const ROUTES: readonly (readonly [method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, access: Scope | 'public'])[] =
  [
    ['POST', '/v1/authorizations', 'authorize'],
    ['GET', '/v1/authorizations/{transactionId}', 'read'],
    ['POST', '/v1/events', 'events'],
    ['GET', '/v1/sagas', 'read'],
    ['GET', '/v1/sagas/{kind}/{id}', 'read'],
    ['POST', '/v1/sagas', 'sagas'],
    ['POST', '/v1/sagas/{kind}/{id}/{command}', 'sagas'],
    ['POST', '/v1/confirmations/{endpoint}', 'public'],
    ['GET', '/v1/cards/{id}', 'read'],
    ['GET', '/v1/accounts/{id}', 'read'],
    ['GET', '/v1/devices/{id}', 'read'],
    ['GET', '/v1/merchants/{id}', 'read'],
    ['GET', '/v1/ips/{id}', 'read'],
    ['GET', '/v1/bins/{id}', 'read'],
    ['GET', '/v1/countries/{id}', 'read'],
    ['GET', '/v1/pairs/{pair}/{first}/{second}', 'read'],
    ['GET', '/v1/tables', 'read'],
    ['GET', '/v1/tables/{name}/rows/{key}', 'read'],
    ['GET', '/v1/tables/{name}/changes', 'read'],
    ['GET', '/v1/lists', 'read'],
    ['PUT', '/v1/lists/{list}/{kind}/{value}', 'lists'],
    ['DELETE', '/v1/lists/{list}/{kind}/{value}', 'lists'],
    ['GET', '/v1/suppressions', 'read'],
    ['GET', '/v1/exports/suppressions', 'read'],
    ['PUT', '/v1/suppressions/{ruleId}/{kind}/{id}', 'lists'],
    ['DELETE', '/v1/suppressions/{ruleId}/{kind}/{id}', 'lists'],
    ['GET', '/v1/ruleset', 'read'],
    ['POST', '/v1/ruleset/validate', 'rules'],
    ['PUT', '/v1/ruleset', 'publish'],
    ['GET', '/metrics', 'metrics'],
    ['GET', '/livez', 'public'],
    ['GET', '/readyz', 'public'],
    ['GET', '/openapi.json', 'public'],
    ['GET', '/docs/errors', 'public'],
  ];

const keys = Object.fromEntries(SCOPES.map((scope) => [scope, createKey({ id: scope, scopes: [scope] }, randomBytes)]));
const ring = () => new KeyRing(Object.values(keys).map(({ entry }) => entry));
const pathOf = (url: string): string => url.replace(/\{\w+\}/g, 'x');
const bearer = (key: string | undefined): Record<string, string> => ({ authorization: `Bearer ${key}` });

describe('access', () => {
  test('every route is declared with the scope that the table here says', async () => {
    const { server } = testServer();
    const document = (await server.app.inject('/openapi.json')).json();
    const served = Object.entries<Record<string, { security: { bearer?: string[] }[] }>>(document.paths).flatMap(
      ([url, operations]) =>
        Object.entries(operations).map(([method, { security }]) => {
          return `${method.toUpperCase()} ${url} ${security[0]?.bearer?.[0] ?? 'public'}`;
        }),
    );
    assert.deepEqual(served.sort(), ROUTES.map((route) => route.join(' ')).sort());
  });

  test('a route that no table declares stops the server from being built', () => {
    const { server } = testServer();
    assert.throws(
      () => server.app.get('/v1/backdoor', () => 'open'),
      (error) => error instanceof Error && 'code' in error && error.code === 'CONFIG_INVALID',
    );
  });

  for (const [method, url, access] of ROUTES) {
    test(`${method} ${url} is open to ${access === 'public' ? 'all' : `the scope ${access} only`}`, async () => {
      const { server } = testServer({ keys: ring() });
      const call = (headers: Record<string, string>) => server.app.inject({ method, url: pathOf(url), headers });
      const without = await call({});
      // A confirmation is let in by its signature, and this server runs no sagas.
      if (url.startsWith('/v1/confirmations/')) return assert.equal(without.json().code, 'SAGAS_OFF');
      if (access === 'public') return assert.equal(without.statusCode, 200);
      assert.deepEqual([without.statusCode, without.json().code], [401, 'AUTH_MISSING']);
      assert.equal(without.headers['www-authenticate'], 'Bearer realm="palisade"');
      for (const scope of SCOPES) {
        const { statusCode, headers } = await call(bearer(keys[scope]?.key));
        if (scope === access) assert.ok(statusCode !== 401 && statusCode !== 403, `${scope}: ${statusCode}`);
        else assert.equal(statusCode, 403, scope);
        if (scope !== access) assert.match(String(headers['www-authenticate']), /insufficient_scope/);
      }
    });
  }

  test('HEAD asks for the same key as GET', async () => {
    const { server } = testServer({ keys: ring() });
    assert.equal((await server.app.inject({ method: 'HEAD', url: '/v1/ruleset' })).statusCode, 401);
    const headers = bearer(keys.read?.key);
    assert.equal((await server.app.inject({ method: 'HEAD', url: '/v1/ruleset', headers })).statusCode, 200);
  });

  test('takes the key in either header, and the word Bearer in any case', async () => {
    const { server } = testServer({ keys: ring() });
    const key = keys.read?.key ?? '';
    for (const headers of [
      { 'x-api-key': key },
      { authorization: `bearer ${key}` },
      { authorization: `BEARER ${key}` },
    ]) {
      assert.equal((await server.app.inject({ url: '/v1/ruleset', headers })).statusCode, 200);
    }
  });

  test('refuses a wrong key, another scheme and an expired key alike, without a word of it', async () => {
    const clock = new ManualClock();
    const expiresAt = new Date(clock.startMs).toISOString();
    const old = createKey({ id: 'old', scopes: ['read'], expiresAt }, randomBytes);
    const { server, log } = testServer({ keys: new KeyRing([old.entry]), clock });
    const bodies = new Set<string>();
    const wrong = `pk_old_${randomBytes(32).toString('base64url')}`;
    for (const headers of [
      bearer(wrong),
      bearer(old.key),
      { authorization: `Basic ${old.key}` },
      { 'x-api-key': 'canary' },
    ]) {
      const answer = await server.app.inject({ url: '/v1/ruleset', headers });
      assert.equal(answer.statusCode, 401);
      assert.match(String(answer.headers['www-authenticate']), /invalid_token/);
      bodies.add(answer.body);
    }
    assert.equal(bodies.size, 1);
    assert.doesNotMatch([...bodies, ...log.lines].join(), /canary|pk_old/);
  });

  test('refuses before the body is read', async () => {
    const { server, engine } = testServer({ keys: ring() });
    const call = { method: 'POST', url: '/v1/authorizations', headers: JSON_HEADERS } as const;
    assert.equal((await server.app.inject({ ...call, payload: '{"broken' })).statusCode, 401);
    assert.equal((await server.app.inject({ ...call, payload: transactionText() })).statusCode, 401);
    assert.equal(engine.commands.length, 0);
  });

  test('without keys every call is let in', async () => {
    const { server } = testServer();
    for (const [method, url] of ROUTES) {
      const { statusCode } = await server.app.inject({ method, url: pathOf(url) });
      assert.ok(statusCode !== 401 && statusCode !== 403);
    }
  });
});
