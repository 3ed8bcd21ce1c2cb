import { identifierField, jsonSchemaOf } from '../../codec/mod.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { fieldRefusal, type RouteParameter } from '../route.ts';

/** What any call that reaches the engine may fail with. */
export const ENGINE_ERRORS: readonly ErrorCode[] = [
  'ENGINE_NOT_READY',
  'ENGINE_DRAINING',
  'ENGINE_INTERNAL',
  'ACTOR_MAILBOX_FULL',
  'ACTOR_CONFLICT',
  'LOG_OUTCOME_UNKNOWN',
  'LOG_UNAVAILABLE',
  'LOG_FAILED',
];

/** An identifier in a path. */
export function idParameter(name: string, description: string, example: string): RouteParameter {
  return { name, in: 'path', description, schema: jsonSchemaOf(identifierField(description, example)), example };
}

/** A whole number of a query, or what holds where it is absent (''). Throws REQUEST_INVALID beyond the bounds. */
export function wholeNumber(field: string, text: string, absent: number, min: number, max: number): number {
  if (text === '') return absent;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw fieldRefusal(field, `must be a whole number from ${min} to ${max}`);
}
