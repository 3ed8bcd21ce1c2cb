import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hrefOf, PAGES, parseRoute } from '../../console/model/address.ts';

const parts = fc.array(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 3 });
const query = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ minLength: 1 }), { noNullPrototype: true });

describe('addresses of the console', () => {
  test('give back the page, the parts and the query that they were made of, whatever characters those have', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PAGES), parts, query, (page, path, asked) => {
        assert.deepEqual(parseRoute(hrefOf(page, path, asked)), { page, parts: path, query: asked });
      }),
    );
  });

  test('stay inside the page: no part can become a scheme or another path', () => {
    for (const id of ['javascript:alert(1)', '//evil.example', '../../docs', '"><script>', '?range=all#x']) {
      const href = hrefOf('entity', ['card', id]);
      assert.match(href, /^#\/entity\/card\/[\w.~%!*'()-]+$/);
      assert.equal(parseRoute(href).parts[1], id);
    }
  });

  test('that mean nothing are the first page, and broken escapes do no harm', () => {
    assert.equal(parseRoute('').page, 'live');
    assert.equal(parseRoute('#/nowhere').page, 'live');
    assert.deepEqual(parseRoute('#/decision/100%').parts, ['100%']);
  });

  test('leave out what was not asked for', () => {
    assert.equal(hrefOf('alerts', [], { q: '', range: 'all' }), '#/alerts?range=all');
  });
});
