import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJson, readJson } from '../../src/codec/json-guard.ts';
import { plainTransactionOf } from '../../src/codec/plain-transaction.ts';
import { parseTransaction } from '../../src/codec/requests.ts';
import { sameTransaction } from '../../src/codec/same-transaction.ts';
import { transactionSchema } from '../../src/codec/transaction-schema.ts';
import type { Transaction } from '../../src/domain/events.ts';
import { errorOf, identifier, NOW_MS, RUNS, tellingOf, transaction, WHOLE } from './support.ts';

const CANARIES = ['4111111111111111', '5555 5555 5555 4444', '3782-822463-10005', '6011000990139424', '4222222222222'];

/** Values that no member of a transaction takes. */
const wrongValue = fc.constantFrom<unknown>(
  null,
  true,
  [],
  {},
  [[]],
  '',
  ' x',
  'a\u0000b',
  'a\ud800',
  'e\u0301x',
  -1,
  1e300,
  2 ** 53,
  0.5,
  'x'.repeat(129),
  { latitude: 1 },
);
/** Texts of numbers that are refused wherever they stand. */
const wrongNumber = fc.constantFrom('-0', '-0.0', '1e400', '-1e999', '1e14', '"1250"');
const member = fc.constantFrom(...Object.keys(WHOLE));

function membersOf(value: object): string[] {
  return Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`);
}

function refusedFields(text: string): string[] {
  const error = errorOf(() => parseTransaction(text, NOW_MS));
  assert.ok(error.fields.length > 0);
  return error.fields.map((problem) => problem.field);
}

describe('parseTransaction', () => {
  test('gives back every valid transaction, whatever the order of its members and the white space', () => {
    fc.assert(
      fc.property(transaction, fc.infiniteStream(fc.nat()), (valid, keys) => {
        const shuffled = membersOf(valid)
          .map((text): [number, string] => [keys.next().value, text])
          .sort(([a], [b]) => a - b);
        const text = ` {\n${shuffled.map(([, each]) => each).join(' ,\r\n\t')} }\n`;
        assert.deepEqual(parseTransaction(text, NOW_MS), valid);
      }),
      RUNS,
    );
  });

  test('never accepts a member of a wrong kind, and names it', () => {
    fc.assert(
      fc.property(transaction, member, wrongValue, (valid, name, wrong) => {
        const fields = refusedFields(JSON.stringify({ ...valid, [name]: wrong }));
        assert.ok(
          fields.some((field) => field === name || field.startsWith(`${name}.`)),
          fields.join(),
        );
      }),
      RUNS,
    );
  });

  test('never accepts a wrong number, and names it', () => {
    fc.assert(
      fc.property(
        transaction,
        fc.constantFrom('amountMinor', 'latitude', 'longitude'),
        wrongNumber,
        (valid, name, wrong) => {
          const { amountMinor: _, location: __, ...rest } = valid;
          const amount = name === 'amountMinor' ? wrong : '1';
          const latitude = name === 'latitude' ? wrong : '1';
          const longitude = name === 'longitude' ? wrong : '1';
          const members = [`"amountMinor":${amount}`, `"location":{"latitude":${latitude},"longitude":${longitude}}`];
          const fields = refusedFields(`{${[...membersOf(rest), ...members].join()}}`);
          assert.deepEqual(fields, [name === 'amountMinor' ? name : `location.${name}`]);
        },
      ),
      RUNS,
    );
  });

  test('never accepts a member that is not known, and names it', () => {
    const unknown = identifier.map((name) => `x${name}`);
    fc.assert(
      fc.property(transaction, unknown, fc.jsonValue({ maxDepth: 2 }), (valid, name, value) => {
        const fields = refusedFields(JSON.stringify({ ...valid, [name]: value }));
        assert.ok(fields.includes(name), fields.join());
      }),
      RUNS,
    );
  });

  test('never accepts a repeated member, and names it', () => {
    fc.assert(
      fc.property(transaction, fc.nat(), (valid, pick) => {
        const members = membersOf(valid);
        const index = pick % members.length;
        const fields = refusedFields(`{${[...members, members[index]].join()}}`);
        assert.deepEqual(fields, [Object.keys(valid)[index]]);
      }),
      RUNS,
    );
  });

  test('never accepts a transaction without a required member, and names it', () => {
    const required = [
      'transactionId',
      'type',
      'occurredAt',
      'cardId',
      'accountId',
      'amountMinor',
      'currency',
      'channel',
    ];
    fc.assert(
      fc.property(transaction, fc.constantFrom(...required), (valid, name) => {
        assert.deepEqual(refusedFields(JSON.stringify({ ...valid, [name]: undefined })), [name]);
      }),
      RUNS,
    );
  });

  test('refuses a card number in any member, at any depth, and never tells it', () => {
    const places = [...Object.keys(WHOLE), 'unknown', 'location.latitude', 'location.unknown'];
    fc.assert(
      fc.property(transaction, fc.constantFrom(...places), fc.constantFrom(...CANARIES), (valid, place, canary) => {
        const [name = '', inner] = place.split('.');
        const value = inner === undefined ? canary : { latitude: 1, longitude: 1, [inner]: canary };
        const error = errorOf(() => parseTransaction(JSON.stringify({ ...valid, [name]: value }), NOW_MS));
        assert.equal(error.code, 'REQUEST_CARD_DATA');
        assert.ok(
          error.fields.some((problem) => problem.field === place),
          place,
        );
        assert.ok(!tellingOf(error).includes(canary));
        assert.ok(!tellingOf(error).replace(/[\s-]/g, '').includes(canary.replace(/[\s-]/g, '')));
      }),
      RUNS,
    );
  });

  test('never tells a value that it refuses', () => {
    const canary = 'zq-canary-value';
    fc.assert(
      fc.property(transaction, member, (valid, name) => {
        const error = errorOf(() => parseTransaction(JSON.stringify({ ...valid, [name]: [canary] }), NOW_MS));
        assert.ok(!tellingOf(error).includes(canary));
      }),
      RUNS,
    );
  });
});

describe('sameTransaction', () => {
  test('holds for two parses of one transaction, however it was written', () => {
    fc.assert(
      fc.property(transaction, (valid) => {
        const other = parseTransaction(`{${membersOf(valid).reverse().join(' , ')}}`, NOW_MS);
        assert.ok(sameTransaction(valid, other) && sameTransaction(other, valid));
      }),
      RUNS,
    );
  });

  test('fails where any one member differs or is absent', () => {
    const changed: Record<string, unknown> = {
      ...Object.fromEntries(Object.entries(WHOLE).map(([name, value]) => [name, `${String(value)}x`])),
      occurredAt: '2026-03-01T12:00:00.250Z',
      location: { latitude: 52.52, longitude: 13.406 },
    };
    for (const name of Object.keys(WHOLE)) {
      const { [name as keyof Transaction]: _, ...without } = WHOLE;
      assert.ok(!sameTransaction(WHOLE, { ...WHOLE, [name]: changed[name] }), name);
      assert.ok(!sameTransaction(WHOLE, without as Transaction), name);
    }
  });
});

describe('the short way to a transaction', () => {
  /** What the schema makes of a text; null where anything is wrong with it. */
  const bySchema = (text: string): unknown => {
    const { value, problems } = readJson(text);
    const result = transactionSchema.safeParse(value);
    return result.success && problems.length === 0 ? result.data : null;
  };
  const extra = fc.constantFrom('', ',"note":"x"', ',"currency":"EUR"', ',"__proto__":{}', ',"amountMinor":5');

  test('takes every transaction in its one spelling, as the schema does', () => {
    fc.assert(
      fc.property(transaction, (valid) => {
        const text = JSON.stringify(valid);
        assert.deepEqual(plainTransactionOf(parseJson(text)), bySchema(text));
        assert.notEqual(bySchema(text), null);
      }),
      RUNS,
    );
  });

  test('never takes what the schema refuses, nor takes it for something else', () => {
    const member = fc.constantFrom(...Object.keys(WHOLE), 'latitude', 'longitude');
    const value = fc.oneof(
      wrongValue.map((wrong) => JSON.stringify(wrong)),
      wrongNumber,
      fc.constantFrom('"2001:DB8::1"', '"::1"', '"010.0.0.1"', '0', '"4111111111111111"', '"visa"', '1250', '"EUR"'),
      fc.constantFrom('{"latitude":1,"longitude":2}', '{"latitude":1}', '{"latitude":1,"longitude":2,"altitude":3}'),
    );
    fc.assert(
      fc.property(transaction, member, value, extra, fc.boolean(), (valid, name, text, more, isRemoved) => {
        const members = membersOf({ ...valid, location: undefined }).filter((each) => !each.endsWith('undefined'));
        const kept = members.filter((each) => !each.startsWith(`"${name}":`));
        const place = name === 'latitude' ? `{"latitude":${text},"longitude":2}` : `{"latitude":1,"longitude":${text}}`;
        const isPlace = name === 'latitude' || name === 'longitude';
        const changed = isRemoved ? [] : [isPlace ? `"location":${place}` : `${JSON.stringify(name)}:${text}`];
        const body = `{${[...kept, ...changed].join(',')}${more}}`;
        const taken = plainTransactionOf(parseJson(body));
        if (taken !== null) assert.deepEqual(taken, bySchema(body));
      }),
      { ...RUNS, numRuns: 3000 },
    );
  });
});
