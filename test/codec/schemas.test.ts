import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeDecision } from '../../src/codec/decision-text.ts';
import {
  decisionSchema,
  entityReportSchema,
  jsonSchemaOf,
  listEntryBodySchema,
  listEntrySchema,
  problemOf,
  problemSchema,
  rulesetProblemSchema,
  rulesetReportSchema,
  sideEventReceiptSchema,
  sideEventSchema,
  suppressionBodySchema,
  suppressionSchema,
  transactionSchema,
} from '../../src/codec/mod.ts';
import { parseTransaction } from '../../src/codec/requests.ts';
import { ERRORS, type ErrorCode, PalisadeError } from '../../src/domain/errors.ts';
import { decision } from './arbitrary-facts.ts';
import { errorOf, NOW_MS, RUNS, WHOLE } from './support.ts';

const SCHEMAS = {
  decisionSchema,
  entityReportSchema,
  listEntryBodySchema,
  listEntrySchema,
  problemSchema,
  rulesetProblemSchema,
  rulesetReportSchema,
  sideEventReceiptSchema,
  sideEventSchema,
  suppressionBodySchema,
  suppressionSchema,
  transactionSchema,
};

/** Every object in a JSON value. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [{ ...value }, ...inner];
}

describe('jsonSchemaOf', () => {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    test(`gives ${name} whole and strict`, () => {
      const parts = objectsIn(jsonSchemaOf(schema));
      assert.equal(parts[0]?.$schema, undefined);
      for (const part of parts) {
        assert.equal(part.$ref, undefined);
        if (part.type === 'object' && part.properties !== undefined) assert.equal(part.additionalProperties, false);
      }
    });
  }

  test('tells the members of a transaction, which are required, and their limits', () => {
    const json = jsonSchemaOf(transactionSchema);
    const properties = Object(json.properties);
    assert.deepEqual(Object.keys(properties), Object.keys(WHOLE));
    assert.deepEqual(json.required, [
      'transactionId',
      'type',
      'occurredAt',
      'cardId',
      'accountId',
      'amountMinor',
      'currency',
      'channel',
    ]);
    assert.equal(properties.cardId.maxLength, 128);
    assert.equal(properties.amountMinor.type, 'integer');
    assert.equal(properties.amountMinor.maximum, 1e13);
    assert.equal(properties.occurredAt.format, 'date-time');
  });
});

describe('a response schema', () => {
  test('takes every decision that is written', () => {
    fc.assert(
      fc.property(decision, (each) => {
        assert.deepEqual(decisionSchema.parse(JSON.parse(encodeDecision(each))), each);
      }),
      RUNS,
    );
  });
});

describe('problemOf', () => {
  test('gives a problem of the schema for every code', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const fields = [{ field: 'a.b', message: 'must be' }];
      const problem = problemOf(new PalisadeError(code, 'Cannot.', { fields, cause: new Error('secret') }), 'urn:x');
      assert.deepEqual(problemSchema.parse(JSON.parse(JSON.stringify(problem))), problem);
      assert.deepEqual(problem, {
        type: `/docs/errors#${code}`,
        title: ERRORS[code].title,
        status: ERRORS[code].status,
        detail: 'Cannot.',
        instance: 'urn:x',
        code,
        retry: ERRORS[code].retry,
        errors: fields,
      });
    }
  });

  test('names the fields of a refused body', () => {
    const problem = problemOf(errorOf(() => parseTransaction(JSON.stringify({ ...WHOLE, currency: 'X' }), NOW_MS)));
    assert.equal(problem.status, 400);
    assert.ok(!('instance' in problem));
    assert.deepEqual(problem.errors, [
      { field: 'currency', message: 'must be an ISO 4217 code in upper case, such as EUR' },
    ]);
  });
});
