import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, PalisadeError } from '../domain/errors.ts';
import type { Cases } from '../ports/cases.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { ConsoleReads } from '../ports/console.ts';
import type { Engine } from '../ports/engine.ts';
import type { Laboratory } from '../ports/laboratory.ts';
import type { Logger } from '../ports/logger.ts';
import type { Projections } from '../ports/projections.ts';
import type { RulesetLab } from '../ports/ruleset-lab.ts';
import type { ConfirmationCheck, Sagas } from '../ports/saga-door.ts';
import type { SqlQueries } from '../ports/sql-queries.ts';
import type { Activity } from './activity.ts';
import type { Admission } from './admission.ts';
import type { ConsoleFiles } from './console-page.ts';
import type { HttpLimits } from './http-limits.ts';
import type { KeyRing } from './key-ring.ts';
import type { Scope } from './keys.ts';
import type { LatencySeries } from './latency-series.ts';
import type { Metrics } from './metrics.ts';
import type { UnheardApprovals } from './unheard-approvals.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Monotonic time at which the headers of the request were read, ms. */
    receivedAtMs: number;
  }
}

/** What the routes work with. */
export type HttpContext = {
  readonly engine: Engine;
  /** Null where the server is alone. */
  readonly cluster: Cluster | null;
  /** Null where the server runs no sagas. */
  readonly sagas: Sagas | null;
  readonly checkConfirmation: ConfirmationCheck;
  readonly unheard: UnheardApprovals;
  /** Null where the server runs without projections. */
  readonly projections: Projections | null;
  /** What analysts read; null where the server runs without projections. */
  readonly console: ConsoleReads | null;
  /** The page of the console; null where the server has none. */
  readonly page: ConsoleFiles | null;
  /** SQL over the views; null where the server runs without projections. */
  readonly sql: SqlQueries | null;
  /** The cases that people work on; null where the server runs without projections. */
  readonly cases: Cases | null;
  /** Where rulesets are drafted, tried and approved; null where the server has no such place. */
  readonly lab: RulesetLab | null;
  /** What is worked out from the log; null where the server cannot. */
  readonly laboratory: Laboratory | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null where every call is allowed. */
  readonly keys: KeyRing | null;
  readonly limits: HttpLimits;
  readonly defaultDeadlineMs: number;
  readonly version: string;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly activity: Activity;
  readonly latency: LatencySeries;
  /** Resolves after one turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
};

/** A JSON Schema, as it stands in the OpenAPI document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type RouteParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: string | number;
};

/** One media type that a body may have, how large it may be, and what it looks like. */
export type RouteBody = {
  readonly type: string;
  /** Whether the call makes sense without a body too. */
  readonly mayBeAbsent?: boolean;
  readonly bytesMax: number;
  readonly schema: JsonSchema;
  readonly example: unknown;
};

/** One kind of answer that is not an error. */
export type RouteAnswer = {
  readonly status: number;
  readonly description: string;
  /** By media type; none for an answer without a body. */
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** One operation of the API: what it needs, what it does, and everything that its documentation says. */
export type Route = {
  readonly operationId: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/v1/cards/{id}`. */
  readonly path: string;
  /** The scope that a key must have, or `public`. Required, so that no route is open by an oversight. */
  readonly access: Scope | 'public';
  /** Whether the route may be shed under load: work, as opposed to what an operator needs to see and to steer. */
  readonly isSheddable: boolean;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly RouteParameter[];
  /** Media types that the body may have; none where the route takes no body. */
  readonly bodies: readonly RouteBody[];
  readonly answers: readonly RouteAnswer[];
  /** Errors beyond those that come with the access, the body and the shedding. */
  readonly errors: readonly ErrorCode[];
  /** Answers through the reply; a promise that rejects, or a throw, becomes the error answer. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined;
};

/** The body as text: the parsers of this server let nothing else through. */
export function bodyText(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

/** A part of the path, decoded; '' where the route has no such part. */
export function pathPart(request: FastifyRequest, name: string): string {
  return textOf(request.params, name);
}

/** A part of the query, decoded; '' where it is absent. Refuses one that is empty or given more than once. */
export function queryPart(request: FastifyRequest, name: string): string {
  const value = memberOf(request.query, name);
  if (Array.isArray(value)) throw fieldRefusal(name, 'must be given once');
  if (value === '') throw fieldRefusal(name, 'must not be empty: leave it out');
  return textOf(request.query, name);
}

/** Refuses a query that has other parts than these. */
export function requireQueryNames(request: FastifyRequest, names: readonly string[]): void {
  const given = typeof request.query === 'object' && request.query !== null ? Object.keys(request.query) : [];
  if (given.every((name) => names.includes(name))) return;
  throw fieldRefusal('query', `must have no other parts than ${names.join(', ')}`);
}

/** The error for one part of a path, a query or a body; '' names the body itself. */
export function fieldRefusal(field: string, message: string): PalisadeError {
  const name = field === '' ? 'the body' : field;
  return new PalisadeError('REQUEST_INVALID', `Cannot accept ${name} as it ${message}. Correct ${name}.`, {
    fields: [{ field, message }],
  });
}

function textOf(container: unknown, name: string): string {
  const value = memberOf(container, name);
  return typeof value === 'string' ? value : '';
}

function memberOf(container: unknown, name: string): unknown {
  return typeof container === 'object' && container !== null ? Reflect.get(container, name) : undefined;
}
