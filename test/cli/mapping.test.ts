import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileMapping, type LookupTable } from '../../src/cli/replay/mapping-compiler.ts';
import { parseMapping } from '../../src/cli/replay/mapping-schema.ts';
import { loadMapping } from '../../src/cli/replay/traffic-source.ts';
import type { TrafficItem } from '../../src/cli/traffic/traffic-item.ts';
import { sideEventSchema } from '../../src/codec/side-event-schema.ts';
import { transactionSchema } from '../../src/codec/transaction-schema.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { distanceKm } from '../../src/simulator/globe.ts';

const NO_TABLES = new Map<string, LookupTable>();

/** Maps one row by the fields of a mapping text. */
function mapRow(fields: string, columns: readonly string[], row: readonly string[], tables = NO_TABLES): TrafficItem {
  const mapping = parseMapping('test.yaml', `name: test\n${fields}`);
  return compileMapping('test.csv', columns, tables, mapping)(row, 2);
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!isPalisadeError(error, 'INPUT_FILE')) throw error;
    return [error.message, ...error.fields.map(({ field, message }) => `${field} ${message}`)].join('\n');
  }
  return assert.fail('nothing was refused');
}

describe('a mapping', () => {
  test('takes columns, constants, joined columns and prefixes', () => {
    const fields = 'fields: { a: { column: x }, b: { constant: 5 }, c: { columns: [x, y], prefix: p- } }';
    assert.deepEqual(mapRow(fields, ['y', 'x'], ['1', '2']).event, { a: '2', b: 5, c: 'p-2-1' });
  });

  test('transforms times, amounts by the exponent of their currency, numbers and booleans', () => {
    const fields = `fields:
  t: { column: t, transform: epoch_seconds }
  m: { column: m, transform: epoch_milliseconds }
  amountMinor: { column: a, transform: minor_units }
  currency: { column: c }
  n: { column: n, transform: number }
  b: { column: b, transform: boolean }`;
    const columns = ['t', 'm', 'a', 'c', 'n', 'b'];
    const time = { t: '2018-04-01T00:00:31Z', m: '2018-04-01T00:00:31.250Z' };
    const map = (amount: string, currency: string) =>
      mapRow(fields, columns, ['1522540831', '1522540831250', amount, currency, '-1.5', '1']).event;
    assert.deepEqual(map('57.16', 'EUR'), { ...time, amountMinor: 5716, currency: 'EUR', n: -1.5, b: true });
    assert.equal(map('1.1', 'USD').amountMinor, 110);
    assert.equal(map('570', 'JPY').amountMinor, 570);
    assert.equal(map('0.005', 'BHD').amountMinor, 5);
  });

  test('translates values, and leaves a field out where there is none', () => {
    const fields = `fields:
  mapped: { column: x, map: { web: ecommerce }, default: card_present }
  rest: { column: x, map: { web: ecommerce } }
  empty: { column: y, prefix: p- }`;
    assert.deepEqual(mapRow(fields, ['x', 'y'], ['web', '']).event, { mapped: 'ecommerce', rest: 'ecommerce' });
    assert.deepEqual(mapRow(fields, ['x', 'y'], ['shop', '']).event, { mapped: 'card_present' });
    assert.deepEqual(mapRow(fields, ['x', 'y'], ['constructor', '']).event, { mapped: 'card_present' });
  });

  test('looks values up in tables', () => {
    const table: LookupTable = { columns: ['id', 'city'], rows: new Map([['7', ['7', 'Paris']]]) };
    const fields = `tables: { places: { file: places.csv, key: id } }
fields: { city: { lookup: { table: places, by: place, column: city } } }`;
    const tables = new Map([['places', table]]);
    assert.deepEqual(mapRow(fields, ['place'], ['7'], tables).event, { city: 'Paris' });
    assert.deepEqual(mapRow(fields, ['place'], ['8'], tables).event, {});
  });

  test('puts a plane on the globe, one unit a kilometre', () => {
    const origin = (latitude: number) => `{ latitude: ${latitude}, longitude: 4 }`;
    const place = (latitude: number) =>
      `fields: { location: { plane: { x: { column: x }, y: { column: y }, origin: ${origin(latitude)} } } }`;
    const at = (latitude: number, x: number, y: number): { latitude: number; longitude: number } => {
      const { location } = mapRow(place(latitude), ['x', 'y'], [String(x), String(y)]).event;
      const position: unknown = location;
      return position as { latitude: number; longitude: number };
    };
    for (const [a, b] of [
      [[0, 0] as const, [3, 4] as const],
      [[10, 90] as const, [70, 10] as const],
    ] as const) {
      const km = distanceKm(at(0, a[0], a[1]), at(0, b[0], b[1]));
      const expected = Math.hypot(a[0] - b[0], a[1] - b[1]);
      assert.ok(Math.abs(km - expected) < expected * 0.0005, `${km} for ${expected}`);
    }
    assert.ok(Math.abs(distanceKm(at(50, 0, 0), at(50, 5, 0)) - 5) < 0.01);
  });

  test('labels rows', () => {
    const text = `fields: { transactionId: { column: id } }
label: { column: f, fraud_values: ['1'], group: { column: s, prefix: scenario- } }`;
    assert.deepEqual(mapRow(text, ['id', 'f', 's'], ['a', '1', '2']).truth, { fraud: true, group: 'scenario-2' });
    assert.deepEqual(mapRow(text, ['id', 'f', 's'], ['a', '0', '0'])?.truth?.fraud, false);
  });

  test('names the entities that an event touches', () => {
    const fields =
      'fields: { cardId: { column: c }, accountId: { column: c }, ip: { column: i }, type: { constant: login } }';
    const item = mapRow(fields, ['c', 'i'], ['7', '192.0.2.1']);
    assert.deepEqual(item.keys, ['card-7', 'account-7', 'ip-192.0.2.1']);
    assert.equal(item.path, '/v1/events');
  });

  test('is refused where it does not fit, with the field and the remedy', () => {
    assert.match(
      messageOf(() => parseMapping('m.yaml', 'fields: [')),
      /no YAML: m\.yaml/,
    );
    assert.match(
      messageOf(() => parseMapping('m.yaml', 'name: x')),
      /fields/,
    );
    assert.match(
      messageOf(() => parseMapping('m.yaml', 'name: x\nfields: { a: { colum: b } }')),
      /fields\.a/,
    );
    assert.match(
      messageOf(() => mapRow('fields: { a: { column: z } }', ['x'], ['1'])),
      /no column z: it has x/,
    );
    const lookup = 'fields: { a: { lookup: { table: t, by: x, column: y } } }';
    assert.match(
      messageOf(() => mapRow(lookup, ['x'], ['1'])),
      /table t/,
    );
    const amount = 'fields: { amountMinor: { column: x, transform: minor_units }, currency: { constant: EUR } }';
    assert.match(
      messageOf(() => mapRow(amount, ['x'], ['abc'])),
      /row 2 of test\.csv as amountMinor is no number: abc/,
    );
    const time = 'fields: { at: { column: x, transform: epoch_seconds } }';
    assert.match(
      messageOf(() => mapRow(time, ['x'], ['9e15'])),
      /is no time/,
    );
  });
});

describe('the mappings that ship', () => {
  test('handbook: a customer is card and account, a terminal is merchant and device, on the plane', async () => {
    const mapping = await loadMapping('handbook');
    const columns = ['tx_id', 'epoch_s', 'customer_id', 'terminal_id', 'amount', 'fraud', 'scenario'];
    const terminals: LookupTable = {
      columns: ['terminal_id', 'x', 'y'],
      rows: new Map([['3156', ['3156', '10', '20']]]),
    };
    const map = compileMapping('t.csv', columns, new Map([['terminals', terminals]]), mapping);
    const { event, truth } = map(['0', '1522540831', '596', '3156', '57.16', '1', '2'], 2);
    assert.deepEqual(
      { ...event, location: null },
      {
        transactionId: 'handbook-0',
        type: 'purchase',
        occurredAt: '2018-04-01T00:00:31Z',
        cardId: 'customer-596',
        accountId: 'customer-596',
        deviceId: 'terminal-3156',
        merchantId: 'terminal-3156',
        amountMinor: 5716,
        currency: 'EUR',
        channel: 'card_present',
        location: null,
      },
    );
    assert.ok(transactionSchema.safeParse(event).success);
    assert.deepEqual(truth, { fraud: true, group: 'scenario-2' });
    const free = map(['1', '1522540831', '596', '3156', '0.00', '0', '0'], 3).event;
    assert.equal(free.type, 'verification');
    assert.ok(transactionSchema.safeParse(free).success);
    for (const { fields } of mapping.before ?? []) {
      const stated = compileMapping('c.csv', ['customer_id', 'x', 'y'], NO_TABLES, { fields });
      const result = sideEventSchema.safeParse(stated(['596', '1', '2'], 2).event);
      assert.ok(result.success, JSON.stringify(result.error?.issues));
    }
  });

  test('sparkov: categories become codes and channels, cards have a home', async () => {
    const mapping = await loadMapping('sparkov');
    const columns = ['unix_time', 'card', 'merchant_id', 'category', 'amt', 'merch_lat', 'merch_long', 'is_fraud'];
    const map = compileMapping('t.csv', columns, NO_TABLES, mapping);
    const eventOf = (category: string) =>
      map(['1325376096', '0', '3', category, '100.45', '35.964', '-103.072', '0'], 2).event;
    const categories =
      'entertainment food_dining gas_transport grocery_net grocery_pos health_fitness home kids_pets misc_net ' +
      'misc_pos personal_care shopping_net shopping_pos travel';
    for (const category of categories.split(' ')) {
      const event = eventOf(category);
      assert.ok(transactionSchema.safeParse(event).success, category);
      assert.equal(event.channel, category.endsWith('_net') ? 'ecommerce' : 'card_present');
      assert.match(String(event.mcc), /^\d{4}$/);
    }
    assert.equal(eventOf('travel').amountMinor, 10_045);
    assert.equal(eventOf('travel').transactionId, 'sparkov-0-1325376096-3');
    for (const { fields } of mapping.before ?? []) {
      const stated = compileMapping('cards.csv', ['card', 'lat', 'long'], NO_TABLES, { fields });
      assert.ok(sideEventSchema.safeParse(stated(['0', '36.7', '-103.8'], 2).event).success);
    }
  });
});
