import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { layOutLinks } from '../../console/figures/link-layout.ts';
import { countriesOf, MAP_HEIGHT, MAP_WIDTH, pointOf, type Topology } from '../../console/figures/world-outlines.ts';
import { changesBetween, withContext } from '../../console/model/text-changes.ts';

function readTopology(): Topology {
  return JSON.parse(readFileSync(fileURLToPath(import.meta.resolve('world-atlas/countries-110m.json')), 'utf8'));
}

describe('the map', () => {
  test('has a place for each country, with its code, and none outside of it', () => {
    const countries = countriesOf(readTopology());
    const codes = new Set(countries.map(({ code }) => code));
    for (const code of ['DE', 'US', 'BR', 'IN', 'ZA', 'AU', 'JP', 'FR', 'GB', 'NG']) assert.ok(codes.has(code), code);
    assert.ok(countries.length > 170);
    for (const { name, path } of countries) {
      assert.match(path, /^(?:M[-\d.]+,[-\d.]+(?:[LM][-\d.]+,[-\d.]+)*Z)+$/, name);
      for (const [, x = '', y = ''] of path.matchAll(/([-\d.]+),([-\d.]+)/g)) {
        assert.ok(Number(x) >= -1 && Number(x) <= MAP_WIDTH + 1, `${name} ${x}`);
        assert.ok(Number(y) <= MAP_HEIGHT + 1, `${name} ${y}`);
      }
    }
  });

  test('puts a place inside the outline of its country', () => {
    const germany = countriesOf(readTopology()).find(({ code }) => code === 'DE');
    const corners = [...(germany?.path ?? '').matchAll(/([-\d.]+),([-\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    const { x, y } = pointOf(51.2, 10.4);
    const [xs, ys] = [corners.map(([each]) => each ?? 0), corners.map(([, each]) => each ?? 0)];
    assert.ok(x > Math.min(...xs) && x < Math.max(...xs) && y > Math.min(...ys) && y < Math.max(...ys));
  });
});

const NODE = { fraudLabels: 0, declined: 0, decisions: 1, degree: 1 };

describe('the graph of links', () => {
  test('has each entity once, no two at one place, and what is farther away farther out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 60 }), (depths) => {
        const rest = depths.map((depth, index) => ({
          ...NODE,
          kind: 'card' as const,
          id: `c${index}`,
          depth: depth + 1,
        }));
        const nodes = [{ ...NODE, kind: 'account' as const, id: 'middle', depth: 0 }, ...rest];
        const drawing = layOutLinks(nodes, []);
        const places = drawing.nodes.map(({ x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`);
        assert.equal(new Set(places).size, nodes.length);
        const distance = (depth: number): number[] =>
          drawing.nodes.filter((node) => node.depth === depth).map(({ x, y }) => Math.hypot(x, y));
        for (const depth of [1, 2, 3]) {
          assert.ok(Math.min(...distance(depth), Infinity) > Math.max(...distance(depth - 1), 0) - 1e-6);
        }
      }),
    );
  });

  test('leaves out links to what is not shown', () => {
    const link = {
      left: { kind: 'card', id: 'a' },
      right: { kind: 'device', id: 'gone' },
      since: '',
      lastDay: '',
    } as const;
    assert.deepEqual(layOutLinks([{ ...NODE, kind: 'card', id: 'a', depth: 0 }], [link]).links, []);
  });
});

describe('what is changed in a text', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 14 }).map((lines) => lines.join('\n'));

  test('gives back both texts', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = changesBetween(before, after);
        const side = (left: 'added' | 'removed'): string =>
          lines.flatMap(({ kind, text }) => (kind === left ? [] : [text])).join('\n');
        assert.deepEqual([side('added'), side('removed')], [before, after]);
      }),
    );
  });

  test('is nothing between a text and itself, and one line for one line', () => {
    assert.ok(changesBetween('a\nb', 'a\nb').every(({ kind }) => kind === 'kept'));
    const lines = changesBetween('a\nb\nc\nd\ne', 'a\nb\nX\nd\ne');
    assert.deepEqual(
      withContext(lines, 1).map((line) => (line === null ? '…' : `${line.kind} ${line.text}`)),
      ['…', 'kept b', 'removed c', 'added X', 'kept d', '…'],
    );
  });
});
