import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSideEvent, parseTransaction } from '../../src/codec/mod.ts';
import { parseRuleset } from '../../src/rules/mod.ts';
import { testServer } from './fixtures.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

async function documentOf(): Promise<{ [name: string]: Json }> {
  return (await testServer().server.app.inject('/openapi.json')).json();
}

function at(document: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const name of path) {
    value = typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
  }
  return value;
}

function walk(value: Json, visit: (object: { [name: string]: Json }) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value);
  for (const member of Object.values(value)) walk(member, visit);
}

function membersOf(value: Json | undefined): [string, Json][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function operationsOf(document: Json): { name: string; operation: Json }[] {
  return membersOf(at(document, ['paths'])).flatMap(([path, methods]) =>
    membersOf(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
}

describe('the OpenAPI document', () => {
  test('is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
    const document = await documentOf();
    assert.equal(document.openapi, '3.1.0');
    let references = 0;
    walk(document, ({ $ref }) => {
      if (typeof $ref !== 'string') return;
      references++;
      assert.ok(at(document, $ref.slice(2).split('/')) !== undefined, $ref);
    });
    assert.ok(references > 50);
  });

  test('gives each operation an id of its own, a summary, its path parameters and its problems', async () => {
    const document = await documentOf();
    const ids = new Set<Json | undefined>();
    const operations = operationsOf(document);
    for (const { name, operation } of operations) {
      ids.add(at(operation, ['operationId']));
      assert.ok(at(operation, ['summary']) !== '', name);
      const declared: string[] = [];
      const parameters = at(operation, ['parameters']);
      for (const parameter of Array.isArray(parameters) ? parameters : []) {
        if (at(parameter, ['in']) === 'path') declared.push(String(at(parameter, ['name'])));
      }
      assert.deepEqual(
        declared,
        [...name.matchAll(/\{(\w+)\}/g)].map(([, part]) => part),
        name,
      );
      for (const [status, response] of membersOf(at(operation, ['responses']))) {
        assert.ok(String(at(response, ['description'])).length > 0);
        if (Number(status) < 400) continue;
        assert.deepEqual(at(response, ['content', 'application/problem+json', 'schema']), {
          $ref: '#/components/schemas/Problem',
        });
      }
    }
    assert.equal(ids.size, operations.length);
    const hotStatuses = Object.keys(at(document, ['paths', '/v1/authorizations', 'post', 'responses']) ?? {});
    assert.deepEqual(hotStatuses, ['200', '400', '401', '403', '408', '409', '413', '415', '422', '500', '503']);
  });

  test('tells that no text in a path or a query may be empty', async () => {
    const document = await documentOf();
    for (const { name, operation } of operationsOf(document)) {
      const parameters = at(operation, ['parameters']);
      for (const parameter of Array.isArray(parameters) ? parameters : []) {
        const schema = at(parameter, ['schema']) ?? null;
        if (at(schema, ['type']) !== 'string' || at(schema, ['enum']) !== undefined) continue;
        assert.equal(at(schema, ['minLength']), 1, `${name} ${at(parameter, ['name'])}`);
      }
    }
  });

  test('describes the members of a transaction as the codec reads them', async () => {
    const schema = at(await documentOf(), ['components', 'schemas', 'Transaction']) ?? null;
    assert.equal(at(schema, ['additionalProperties']), false);
    assert.equal(at(schema, ['properties', 'amountMinor', 'type']), 'integer');
    assert.ok(JSON.stringify(at(schema, ['required'])).includes('"transactionId"'));
  });

  test('has examples that the codec takes and the server answers well', async () => {
    const { server } = testServer();
    const document = await documentOf();
    const example = at(document, [
      'paths',
      '/v1/authorizations',
      'post',
      'requestBody',
      'content',
      'application/json',
      'example',
    ]);
    const events = at(document, [
      'paths',
      '/v1/events',
      'post',
      'requestBody',
      'content',
      'application/json',
      'example',
    ]);
    const publish = ['paths', '/v1/ruleset', 'put', 'requestBody', 'content', 'application/yaml', 'example'];
    assert.ok(parseRuleset(String(at(document, publish))).ok);
    assert.equal(parseTransaction(JSON.stringify(example), Date.UTC(2026, 11, 31)).cardId, 'card-tok-1');
    assert.equal(parseSideEvent(JSON.stringify(events), Date.UTC(2026, 11, 31)).type, 'login');
    for (const { name, operation } of operationsOf(document)) {
      const [method = '', path = ''] = name.split(' ');
      if (method !== 'put' || path === '/v1/ruleset') continue;
      const parameters = at(operation, ['parameters']);
      const url = (Array.isArray(parameters) ? parameters : []).reduce<string>(
        (filled, parameter) => filled.replace(`{${at(parameter, ['name'])}}`, String(at(parameter, ['example']))),
        path,
      );
      const body = at(operation, ['requestBody', 'content', 'application/json', 'example']);
      const answer = await server.app.inject({ method: 'PUT', url, payload: { ...Object(body) } });
      assert.equal(answer.statusCode, 200, name);
      assert.deepEqual(
        answer.json(),
        at(operation, ['responses', '200', 'content', 'application/json', 'example']),
        name,
      );
    }
  });
});

describe('the documentation page', () => {
  test('serves its page and every asset of it from here, under a strict policy', async () => {
    const { server } = testServer();
    const page = await server.app.inject('/docs');
    assert.equal(page.statusCode, 200);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    assert.ok(assets.length >= 5);
    for (const asset of assets) {
      assert.ok(asset.startsWith('/docs/') || asset.startsWith('./'), asset);
      const { pathname } = new URL(asset, 'http://test/docs');
      assert.equal((await server.app.inject(pathname)).statusCode, 200, asset);
    }
    assert.doesNotMatch(page.body, /<script(?![^>]*src=)/);
  });

  test('shows the same document as /openapi.json', async () => {
    const { server } = testServer();
    const shown = (await server.app.inject('/docs/json')).json();
    assert.deepEqual(shown, (await server.app.inject('/openapi.json')).json());
  });
});
