import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Mapping } from '../../src/cli/replay/mapping-schema.ts';
import { parseMapping } from '../../src/cli/replay/mapping-schema.ts';
import { openTraffic } from '../../src/cli/replay/traffic-source.ts';
import type { TrafficItem } from '../../src/cli/traffic/traffic-item.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';

const MAPPING_TEXT = `name: test
tables: { shops: { file: shops.csv.gz, key: shop } }
before: [{ file: shops.csv.gz, fields: { type: { constant: reference }, eventId: { column: shop } } }]
fields:
  transactionId: { column: id }
  note: { column: note }
  city: { lookup: { table: shops, by: shop, column: city } }
`;
const CSV = 'id,note,shop\n1,"a, ""b""\nc",7\n2,,8\n';

async function* inputOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function collect(items: AsyncIterable<TrafficItem>): Promise<readonly TrafficItem[]> {
  const all: TrafficItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('openTraffic', () => {
  let folder = '';
  let mapping: Mapping;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palisade-test-'));
    mapping = parseMapping('test.yaml', MAPPING_TEXT);
    await writeFile(join(folder, 'shops.csv.gz'), gzipSync('shop,city\n7,Paris\n'));
  });

  after(() => rm(folder, { recursive: true }));

  async function eventsOf(
    name: string,
    content: string | Uint8Array,
    use: Mapping | null,
  ): Promise<readonly unknown[]> {
    const path = join(folder, name);
    await writeFile(path, content);
    const source = await openTraffic(path, use, inputOf());
    return (await collect(source.items)).map(({ event }) => event);
  }

  const expected = [{ transactionId: '1', note: 'a, "b"\nc', city: 'Paris' }, { transactionId: '2' }];

  test('reads CSV with quotes, plain or gzipped, whatever its name says', async () => {
    assert.deepEqual(await eventsOf('a.csv', CSV, mapping), expected);
    assert.deepEqual(await eventsOf('b.csv.gz', gzipSync(CSV), mapping), expected);
    assert.deepEqual(await eventsOf('c.csv', gzipSync(CSV), mapping), expected);
  });

  test('reads NDJSON with a mapping, and without one', async () => {
    const lines = '{"id":1,"note":"x","shop":"7"}\n\n{"id":"2","note":null}\n';
    const mapped = [{ transactionId: '1', note: 'x', city: 'Paris' }, { transactionId: '2' }];
    assert.deepEqual(await eventsOf('d.ndjson', lines, mapping), mapped);
    assert.deepEqual(await eventsOf('e.ndjson.gz', gzipSync('{"a":1}\n{"a":2}'), null), [{ a: 1 }, { a: 2 }]);
  });

  test('takes labels off the lines that simulate writes', async () => {
    const path = join(folder, 'f.ndjson');
    const line = { event: { type: 'purchase', transactionId: 't' }, label: { fraud: true, campaign: 'bin-attack' } };
    await writeFile(path, `${JSON.stringify(line)}\n`);
    const [item] = await collect((await openTraffic(path, null, inputOf())).items);
    assert.deepEqual(item?.event, line.event);
    assert.deepEqual(item?.truth, { fraud: true, group: 'bin-attack' });
  });

  test('reads standard input, in whatever pieces it comes', async () => {
    const bytes = gzipSync('{"text":"é1"}\n{"text":"é2"}\n');
    for (const size of [1, 3, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      // The mark of gzip has two bytes, so the first piece has to have them both.
      const [first = bytes, second = bytes, ...rest] = pieces;
      const whole = size === 1 ? [Buffer.concat([first, second]), ...rest] : pieces;
      const items = await collect((await openTraffic('-', null, inputOf(...whole))).items);
      assert.deepEqual(
        items.map(({ event }) => event.text),
        ['é1', 'é2'],
      );
    }
  });

  test('states facts first, from their own file', async () => {
    await writeFile(join(folder, 'g.csv'), CSV);
    const source = await openTraffic(join(folder, 'g.csv'), mapping, inputOf());
    const facts = await collect(source.before);
    assert.deepEqual(
      facts.map(({ event }) => event),
      [{ type: 'reference', eventId: '7' }],
    );
  });

  test('knows how far it has come', async () => {
    await writeFile(join(folder, 'h.csv'), CSV);
    const source = await openTraffic(join(folder, 'h.csv'), mapping, inputOf());
    await collect(source.items);
    assert.equal(source.share(), 1);
  });

  test('refuses what it cannot read, and names it', async () => {
    const refused = async (name: string, content: string | Uint8Array, use: Mapping | null, pattern: RegExp) => {
      await assert.rejects(eventsOf(name, content, use), (error) => {
        assert.ok(isPalisadeError(error, 'INPUT_FILE'), String(error));
        assert.match(error.message, pattern);
        return true;
      });
    };
    await refused('i.csv', 'id,note,shop\n1,2\n', mapping, /i\.csv as it is no well-formed CSV/);
    await refused('j.ndjson', '{"a":1}\nnot json\n', null, /line 2 is no JSON/);
    await refused('k.ndjson', '[1]\n', null, /line 1 is no JSON object/);
    await refused('l.ndjson.gz', gzipSync('{"a":1}\n'.repeat(500)).subarray(0, 40), null, /l\.ndjson\.gz/);
    await assert.rejects(openTraffic(join(folder, 'missing.csv'), mapping, inputOf()), /missing\.csv/);
    await assert.rejects(openTraffic(folder, null, inputOf()), /it is a folder/);
    await writeFile(join(folder, 'm.csv'), CSV);
    await assert.rejects(openTraffic(join(folder, 'm.csv'), null, inputOf()), /Pass one by --mapping/);
  });
});
