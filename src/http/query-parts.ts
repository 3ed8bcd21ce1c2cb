import type { FastifyRequest } from 'fastify';
import { epochMsOf, parseIdentifier } from '../codec/mod.ts';
import { fieldRefusal, queryPart, type RouteParameter } from './route.ts';

/** One part of a query: how it is documented, and how it is read. */
export type QueryPart<Value> = {
  readonly parameter: RouteParameter;
  /** Throws REQUEST_INVALID. */
  readonly read: (request: FastifyRequest) => Value;
};

function partOf<Value>(
  name: string,
  description: string,
  schema: RouteParameter['schema'],
  read: (text: string) => Value,
): QueryPart<Value> {
  return {
    parameter: { name, in: 'query', description, schema },
    read: (request) => read(queryPart(request, name)),
  };
}

/** Names out of a set, parted by commas; none stands for all. */
export function namesPart<Name extends string>(
  name: string,
  description: string,
  names: readonly Name[],
): QueryPart<readonly Name[]> {
  const schema = { type: 'string', examples: [names.slice(0, 2).join(',')] };
  return partOf(name, `${description}: ${names.join(', ')}; more than one parted by commas`, schema, (text) =>
    text === ''
      ? []
      : text.split(',').map((each) => {
          const found = names.find((candidate) => candidate === each);
          if (found === undefined) throw fieldRefusal(name, `must be of ${names.join(', ')}`);
          return found;
        }),
  );
}

/** One name out of a set. */
export function choicePart<Name extends string>(
  name: string,
  description: string,
  names: readonly Name[],
  absent: Name,
): QueryPart<Name> {
  return partOf(name, description, { type: 'string', enum: names, default: absent }, (text) => {
    if (text === '') return absent;
    const found = names.find((candidate) => candidate === text);
    if (found === undefined) throw fieldRefusal(name, `must be one of ${names.join(', ')}`);
    return found;
  });
}

/** An identifier, or null where it is absent. */
export function idPart(name: string, description: string): QueryPart<string | null> {
  return partOf(name, description, { type: 'string' }, (text) => (text === '' ? null : parseIdentifier(name, text)));
}

/** Free text; '' where it is absent. */
export function textPart(name: string, description: string, lengthMax: number): QueryPart<string> {
  return partOf(name, description, { type: 'string', maxLength: lengthMax }, (text) => {
    if (text.length > lengthMax) throw fieldRefusal(name, `must have at most ${lengthMax} characters`);
    return text;
  });
}

/** A time, ms; null where it is absent. */
export function timePart(name: string, description: string): QueryPart<number | null> {
  return partOf(name, description, { type: 'string', format: 'date-time' }, (text) => {
    if (text === '') return null;
    const ms = epochMsOf(text);
    if (Number.isNaN(ms)) throw fieldRefusal(name, 'must be an RFC 3339 time with offset');
    return ms;
  });
}

/** A number, or null where it is absent. */
export function numberPart(name: string, description: string): QueryPart<number | null> {
  return partOf(name, description, { type: 'number' }, (text) => {
    if (text === '') return null;
    const value = Number(text);
    if (!Number.isFinite(value) || text.trim() !== text) throw fieldRefusal(name, 'must be a number');
    return value;
  });
}

/** A whole number within bounds. */
export function wholePart(
  name: string,
  description: string,
  { absent, min, max }: { absent: number; min: number; max: number },
): QueryPart<number> {
  const schema = { type: 'integer', minimum: min, maximum: max, default: absent };
  return partOf(name, description, schema, (text) => {
    const value = text === '' ? absent : /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw fieldRefusal(name, `must be a whole number from ${min} to ${max}`);
    return value;
  });
}
