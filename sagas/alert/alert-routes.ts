import type { SagaData, SagaValue } from '../../src/domain/sagas.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Severities, mildest first. */
export const ALERT_SEVERITIES = ['info', 'warning', 'error', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** One way in which an alert reaches people. */
export type AlertRoute = {
  readonly name: string;
  readonly endpoint: string;
  readonly severityMin: AlertSeverity;
  /** Whether it is told of the end of an alert that it was told of. */
  readonly resolves: boolean;
  /** Local minutes of the day between which it keeps quiet, the offset of that local time; null where it never does. */
  readonly quiet: { readonly fromMinute: number; readonly toMinute: number; readonly offsetMinutes: number } | null;
};

/** A text as a severity; `warning` where it is none. */
export function severityOf(value: SagaValue | undefined): AlertSeverity {
  return ALERT_SEVERITIES.find((name) => name === value) ?? 'warning';
}

/** The routes of the settings, as they are written there. What has no name or endpoint is left out. */
export function routesOf(options: SagaData): readonly AlertRoute[] {
  const { routes } = options;
  return Array.isArray(routes) ? routes.flatMap(routeOf) : [];
}

function routeOf(value: SagaValue): AlertRoute[] {
  if (!isData(value)) return [];
  const { name, endpoint, severityMin, resolves, quiet } = value;
  if (typeof name !== 'string' || typeof endpoint !== 'string') return [];
  const hours = isData(quiet)
    ? {
        fromMinute: numberOf(quiet.fromMinute),
        toMinute: numberOf(quiet.toMinute),
        offsetMinutes: numberOf(quiet.offsetMinutes),
      }
    : null;
  return [{ name, endpoint, severityMin: severityOf(severityMin), resolves: resolves === true, quiet: hours }];
}

/** Whether a route takes alerts of a severity. */
export function takes(route: AlertRoute, severity: AlertSeverity): boolean {
  return ALERT_SEVERITIES.indexOf(severity) >= ALERT_SEVERITIES.indexOf(route.severityMin);
}

/** How long a route keeps quiet from now on, ms; 0 where it does not. What is critical is never kept quiet. */
export function quietMs({ quiet }: AlertRoute, severity: AlertSeverity, nowMs: number): number {
  if (quiet === null || severity === 'critical') return 0;
  const { fromMinute, toMinute, offsetMinutes } = quiet;
  const minute = positive(Math.floor(nowMs / MINUTE_MS) + offsetMinutes);
  const length = positive(toMinute - fromMinute);
  const since = positive(minute - fromMinute);
  if (since >= length) return 0;
  return (length - since) * MINUTE_MS - positiveMs(nowMs);
}

function positive(minutes: number): number {
  return ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
}

function positiveMs(nowMs: number): number {
  return ((nowMs % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
}

function numberOf(value: SagaValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function isData(value: SagaValue | undefined): value is { readonly [name: string]: SagaValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
