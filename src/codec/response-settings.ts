import { z } from 'zod';
import { type FieldProblem, PalisadeError } from '../domain/errors.ts';
import type { SagaData } from '../domain/sagas.ts';
import { shownPath } from './json-inspect.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** A length of time as `250ms`, `30s`, `5m`, `24h` or `7d`; the value is in ms. */
const duration = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,6})(?:ms|s|m|h|d)$/, 'must be a length of time, such as 30s, 5m or 24h')
  .transform((text) => {
    const [, count = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * (UNITS[unit] ?? 0);
  });
const name = z.string().regex(NAME, 'must be 1 to 64 of a-z, 0-9 and -');
const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as 22:30')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
const offset = z
  .string()
  .regex(/^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/, 'must be an offset from UTC, such as +02:00')
  .transform((text) => {
    if (text === 'Z') return 0;
    const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4));
    return text.startsWith('-') ? -minutes : minutes;
  });
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const count = z.int().positive();

const treatment = {
  concurrency: count.max(256).default(16),
  per_hour: count.nullable().default(null),
  timeout: duration.default(15_000),
};

const webhook = z.strictObject({
  format: z.enum(['standard', 'slack', 'pagerduty']).default('standard'),
  url: webUrl,
  secrets: z.array(z.string()).max(2).default([]),
  confirmation: z.enum(['reply', 'callback']).default('reply'),
  allow_private: z.boolean().default(false),
  routing_key: z.string().default(''),
  ...treatment,
});
const mail = z.strictObject({
  smtp: z.url({ protocol: /^smtps?$/, error: 'must be an smtp or smtps URL' }),
  from: z.email(),
  to: z.array(z.email()).min(1).max(50),
  allow_private: z.boolean().default(false),
  ...treatment,
});
const topic = z.strictObject({
  topic: z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a name of a topic'),
  confirmation: z.enum(['reply', 'callback']).default('reply'),
  ...treatment,
});

const response = z.strictObject({
  saga: name,
  by: z.enum(['device', 'ip', 'bin_merchant']).optional(),
  for: duration.optional(),
  severity: z.enum(['info', 'warning', 'error', 'critical']).optional(),
  group: z.array(z.enum(['card', 'account', 'device', 'merchant', 'ip'])).optional(),
});

const route = z.strictObject({
  name: name,
  endpoint: name,
  severity: z.enum(['info', 'warning', 'error', 'critical']).default('info'),
  /** Whether the end of the alert is told; PagerDuty is, where nothing is said. */
  resolve: z.boolean().optional(),
  quiet: z.strictObject({ from: clockTime, to: clockTime, offset: offset.default(0) }).optional(),
});

const document = z.strictObject({
  callback_url: webUrl.optional(),
  endpoints: z.record(name, z.union([webhook, mail, topic])).default({}),
  responses: z.record(name, response).default({}),
  outcomes: z.partialRecord(z.enum(['challenge', 'review', 'decline']), response).default({}),
  corrections: response.optional(),
  sagas: z
    .strictObject({
      'freeze-card': z.strictObject({ overdue: duration.optional() }).optional(),
      'unfreeze-card': z.strictObject({ expires: duration.optional() }).optional(),
      'invalidate-sessions': z.strictObject({ overdue: duration.optional(), block_ip: duration.optional() }).optional(),
      'step-up': z.strictObject({ deadline: duration.optional(), hold: z.boolean().optional() }).optional(),
      alert: z.strictObject({ window: duration.optional(), routes: z.array(route).max(20).optional() }).optional(),
    })
    .default({}),
});

export type EndpointSettings = z.output<typeof webhook> | z.output<typeof mail> | z.output<typeof topic>;

/** What a name under `respond`, an outcome or a correction sets off. */
export type ResponseSettings = { readonly saga: string; readonly options: SagaData };

/** The file of responses, checked. */
export type ResponseFile = {
  readonly callbackUrl: string;
  readonly endpoints: ReadonlyMap<string, EndpointSettings>;
  readonly byName: ReadonlyMap<string, ResponseSettings>;
  readonly byOutcome: ReadonlyMap<string, ResponseSettings>;
  readonly onCorrection: ResponseSettings | null;
  /** Settings by kind of saga, as its `react` reads them. */
  readonly options: ReadonlyMap<string, SagaData>;
};

/** Names that belong to the runner itself. */
const RESERVED_ENDPOINTS = ['engine', 'sagas'];

/**
 * Checks a parsed file of responses. Fails with CONFIG_INVALID and every field; secrets are never told. `kinds` are the
 * kinds of saga that there are.
 */
export function readResponseSettings(value: unknown, kinds: readonly string[]): ResponseFile {
  const result = document.safeParse(value);
  if (!result.success) {
    throw invalid(result.error.issues.map((issue) => ({ field: shownPath(issue.path), message: issue.message })));
  }
  const { callback_url: callbackUrl, endpoints, responses, outcomes, corrections, sagas } = result.data;
  const problems: FieldProblem[] = [];
  for (const reserved of RESERVED_ENDPOINTS) {
    if (reserved in endpoints) problems.push({ field: `endpoints.${reserved}`, message: 'is a name of the engine' });
  }
  const read = (field: string, { saga, ...options }: z.output<typeof response>): ResponseSettings => {
    if (!kinds.includes(saga)) problems.push({ field: `${field}.saga`, message: `must be one of ${kinds.join(', ')}` });
    return { saga, options: optionsOf(options) };
  };
  const all = (field: string, map: Readonly<Record<string, z.output<typeof response>>>) =>
    new Map(Object.entries(map).map(([key, each]) => [key, read(`${field}.${key}`, each)]));
  for (const [index, { endpoint }] of (sagas.alert?.routes ?? []).entries()) {
    if (endpoint in endpoints) continue;
    problems.push({ field: `sagas.alert.routes.${index}.endpoint`, message: 'must be one of the endpoints' });
  }
  const file: ResponseFile = {
    callbackUrl: callbackUrl ?? '',
    endpoints: new Map(Object.entries(endpoints)),
    byName: all('responses', responses),
    byOutcome: all('outcomes', outcomes),
    onCorrection: corrections === undefined ? null : read('corrections', corrections),
    options: kindOptions(sagas, endpoints),
  };
  if (problems.length > 0) throw invalid(problems);
  return file;
}

function optionsOf({ for: durationMs, ...rest }: Omit<z.output<typeof response>, 'saga'>): SagaData {
  return defined({ ...rest, durationMs });
}

type Document = z.output<typeof document>;

function kindOptions(sagas: Document['sagas'], endpoints: Document['endpoints']): ReadonlyMap<string, SagaData> {
  const { alert } = sagas;
  const isPager = (name: string): boolean => {
    const endpoint = endpoints[name];
    return endpoint !== undefined && 'format' in endpoint && endpoint.format === 'pagerduty';
  };
  const routes = alert?.routes?.map(({ severity, quiet, resolve, ...each }) => ({
    ...each,
    severityMin: severity,
    resolves: resolve ?? isPager(each.endpoint),
    quiet: quiet === undefined ? null : { fromMinute: quiet.from, toMinute: quiet.to, offsetMinutes: quiet.offset },
  }));
  return new Map<string, SagaData>([
    ['freeze-card', defined({ overdueMs: sagas['freeze-card']?.overdue })],
    ['unfreeze-card', defined({ expiresMs: sagas['unfreeze-card']?.expires })],
    [
      'invalidate-sessions',
      defined({
        overdueMs: sagas['invalidate-sessions']?.overdue,
        blockIpMs: sagas['invalidate-sessions']?.block_ip,
      }),
    ],
    ['step-up', defined({ deadlineMs: sagas['step-up']?.deadline, hold: sagas['step-up']?.hold })],
    ['alert', defined({ windowMs: alert?.window, routes })],
  ]);
}

function defined(members: Readonly<Record<string, SagaData[string] | undefined>>): SagaData {
  const known = Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return Object.fromEntries(known);
}

function invalid(fields: readonly FieldProblem[]): PalisadeError {
  const first = fields[0];
  return new PalisadeError(
    'CONFIG_INVALID',
    `Cannot use the file of responses as it does not fit: ${first?.field} ${first?.message}. ` +
      'Correct the named field; docs/sagas.md shows the form.',
    { fields },
  );
}
