import { z } from 'zod';
import type { SagaData } from '../domain/sagas.ts';
import { mayBeAbsent } from './absent.ts';
import { freeTextField, identifierField } from './fields.ts';
import { readJson } from './json-guard.ts';
import { problemsOfIssues, refusalOf } from './refusal.ts';

/** Any JSON object: what comes here was parsed from JSON, so that every member is such a value. */
const input = z
  .record(z.string().max(64), z.unknown())
  .transform((value) => value as SagaData)
  .meta({ description: 'What the saga is to know' });
const by = mayBeAbsent(identifierField('Who asks, where calls need no key', 'alice'));

/** Body of `POST /v1/sagas`. */
export const sagaStartSchema = z
  .strictObject({
    kind: identifierField('Kind of the saga', 'freeze-card'),
    id: identifierField('What the saga is about: a card, an account, a transaction', 'card-tok-1'),
    requestId: identifierField('Key of idempotency: the same one is the same request', 'case-17-freeze'),
    by,
    reasons: mayBeAbsent(z.array(freeTextField('Why')).max(16)),
    input: mayBeAbsent(input),
  })
  .meta({ title: 'SagaStart', description: 'A saga to start, or to ask for again' });
export type SagaStartBody = z.output<typeof sagaStartSchema>;

/** Body of `POST /v1/sagas/{kind}/{id}/{command}`; may be absent. */
export const sagaOrderSchema = z
  .strictObject({ by, input: mayBeAbsent(input) })
  .meta({ title: 'SagaOrder', description: 'Who gives a command, and with what' });
export type SagaOrderBody = z.output<typeof sagaOrderSchema>;

/** Body of `POST /v1/confirmations/{endpoint}`. */
export const sagaConfirmationSchema = z
  .strictObject({
    effectId: z.string().min(1).max(2048).meta({ description: 'The webhook-id of the command' }),
    succeeded: z.boolean().meta({ description: 'Whether it was carried out' }),
    detail: mayBeAbsent(freeTextField('What became of it')),
  })
  .meta({ title: 'SagaConfirmation', description: 'What a receiver says of a command that it had accepted' });
export type SagaConfirmationBody = z.output<typeof sagaConfirmationSchema>;

function accept<Value>(schema: z.ZodType<Value>, text: string, what: string): Value {
  const { value, problems } = readJson(text === '' ? '{}' : text);
  const result = schema.safeParse(value);
  if (result.success && problems.length === 0) return result.data;
  const issues = result.success ? [] : problemsOfIssues(result.error.issues, value);
  throw refusalOf(what, value, problems, issues);
}

/** Reads a saga to start. Throws REQUEST_INVALID, REQUEST_MALFORMED or REQUEST_CARD_DATA with every field. */
export function parseSagaStart(text: string): SagaStartBody {
  return accept(sagaStartSchema, text, 'saga');
}

/** Reads what comes with a command; an empty body says nothing. Throws as `parseSagaStart` does. */
export function parseSagaOrder(text: string): SagaOrderBody {
  return accept(sagaOrderSchema, text, 'command');
}

/** Reads a confirmation. Throws as `parseSagaStart` does. */
export function parseSagaConfirmation(text: string): SagaConfirmationBody {
  return accept(sagaConfirmationSchema, text, 'confirmation');
}
