import { assertNever } from '../../src/domain/assert-never.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import type {
  EffectRequest,
  SagaContext,
  SagaDefinition,
  SagaHappening,
  SagaOccasion,
  SagaReaction,
  SagaTarget,
  SagaView,
} from '../../src/ports/saga.ts';
import { alertMachine } from './alert.machine.ts';
import { type AlertRoute, quietMs, routesOf, severityOf, takes } from './alert-routes.ts';

/** How long a pattern is watched after it was told of, ms: what comes meanwhile is counted and told in one notice. */
const WINDOW_MS = 10 * 60_000;
/** Triggers are gathered this long before they are recorded, ms: a storm is a few records, not one a payment. */
const GATHER_MS = 1_000;
/** Attempts at one notice: some hours. */
const ATTEMPTS_MAX = 60;
const QUIET_TIMER = 'quiet ';

/** One alert a rule, or a rule and an entity where the response says `group: [ip]` or the like. */
function targetsOf({ subjects, reasons }: SagaOccasion, options: SagaData): readonly SagaTarget[] {
  const group = Array.isArray(options.group) ? options.group : [];
  const parts = group.map((name) => subjects[`${String(name)}Id`] ?? subjects[String(name)]);
  const reason = reasons[0];
  if (reason === undefined) return [];
  const key = [reason.ruleId, ...parts.filter((part) => part !== undefined)].join('|');
  return [{ id: key, input: { title: reason.code, severity: severityOf(options.severity), reason: reason.ruleId } }];
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return withWindow(notify(saga, context, routesFor(saga, context)), context);
    case 'joined':
      return {};
    case 'timer':
      return happening.name.startsWith(QUIET_TIMER)
        ? notify(saga, context, putOffRoutes(saga, context))
        : endWindow(saga, context);
    case 'exhausted':
      return { escalate: `${happening.step} was given up: ${happening.detail}` };
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'command':
      if (happening.command !== 'resolve' || saga.status !== 'raised') {
        return { refuse: `an alert in state ${saga.status} takes no ${happening.command}` };
      }
      return { ...end(saga, context, 'acknowledged'), data: { acknowledgedBy: happening.by } };
    case 'confirmed':
    case 'undone':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

function windowMsOf({ options }: SagaContext): number {
  return typeof options.windowMs === 'number' ? options.windowMs : WINDOW_MS;
}

/** The routes that the alert goes to, those that there are. */
function routesFor({ data }: SagaView, { options, endpoints }: SagaContext): readonly AlertRoute[] {
  const severity = severityOf(data.severity);
  return routesOf(options).filter((route) => takes(route, severity) && endpoints.has(route.endpoint));
}

/** Tells the given routes: at once, or, those that keep quiet, when their quiet time is over. */
function notify(saga: SagaView, context: SagaContext, routes: readonly AlertRoute[]): SagaReaction {
  const severity = severityOf(saga.data.severity);
  const timers: Record<string, number> = {};
  const effects: EffectRequest[] = [];
  for (const route of routes) {
    const ms = quietMs(route, severity, context.nowMs);
    if (ms > 0) timers[QUIET_TIMER + route.name] = ms;
    else effects.push(noticeOf(saga, route));
  }
  const putOff = Object.keys(timers).map((name) => name.slice(QUIET_TIMER.length));
  return { effects, timers, data: { toldCount: saga.triggerCount, putOff } };
}

/** The routes that a notice was put off for. */
function putOffRoutes(saga: SagaView, context: SagaContext): readonly AlertRoute[] {
  const { putOff } = saga.data;
  return routesFor(saga, context).filter(({ name }) => Array.isArray(putOff) && putOff.includes(name));
}

/** The pattern went on: one more notice with the count, and a further window. It did not: the alert is closed. */
function endWindow(saga: SagaView, context: SagaContext): SagaReaction {
  const putOff = putOffRoutes(saga, context);
  if (saga.triggerCount === saga.data.toldCount && putOff.length === 0) return end(saga, context, 'closed');
  const routes = saga.triggerCount === saga.data.toldCount ? putOff : routesFor(saga, context);
  return withWindow({ ...notify(saga, context, routes), events: ['renewed'] }, context);
}

/**
 * The alert is over, which those routes are told that want to know and were told that it began. That a saga calls for a
 * person no more does not mean that nobody is needed: of such an alert only the end by a person is told.
 */
function end(saga: SagaView, context: SagaContext, event: 'closed' | 'acknowledged'): SagaReaction {
  if (event === 'closed' && typeof saga.data.sagaKind === 'string') return { events: [event] };
  const told = routesFor(saga, context).filter((route) => route.resolves && wasTold(saga, route));
  const effects = told.map((route) => resolutionOf(saga, route));
  return { events: [event], effects };
}

function wasTold({ effects }: SagaView, route: AlertRoute): boolean {
  return [...effects].some(([step, { state }]) => isNoticeOf(route, step) && state !== 'abandoned');
}

function isNoticeOf({ name }: AlertRoute, step: string): boolean {
  return step.startsWith(`${name} `);
}

function withWindow(reaction: SagaReaction, context: SagaContext): SagaReaction {
  return { ...reaction, timers: { ...reaction.timers, window: windowMsOf(context) } };
}

function noticeOf({ id, data, triggerCount, effects }: SagaView, route: AlertRoute): EffectRequest {
  const number = [...effects.keys()].filter((step) => isNoticeOf(route, step)).length + 1;
  const severity = severityOf(data.severity);
  const count = triggerCount === 1 ? '' : ` (${triggerCount} times)`;
  const reason = typeof data.reason === 'string' ? `: ${data.reason}` : '';
  const text = `[${severity}] ${String(data.title ?? id)}${count}${reason}`;
  return {
    step: `${route.name} ${number}`,
    endpoint: route.endpoint,
    type: 'alert.raise',
    body: { text, severity, key: id, count: triggerCount, ...data },
    attemptsMax: ATTEMPTS_MAX,
  };
}

function resolutionOf({ id, data, triggerCount }: SagaView, route: AlertRoute): EffectRequest {
  const severity = severityOf(data.severity);
  const text = `[resolved] ${String(data.title ?? id)}`;
  return {
    step: `${route.name} resolved`,
    endpoint: route.endpoint,
    type: 'alert.resolve',
    body: { text, severity, key: id, count: triggerCount, ...data, resolved: true },
    attemptsMax: ATTEMPTS_MAX,
  };
}

/** Tells people of a pattern: one alert with a count, however often it is seen, by routes that may keep quiet hours. */
export const alert: SagaDefinition<typeof alertMachine> = {
  kind: 'alert',
  machine: alertMachine,
  targetsOf,
  react,
  gatherMs: GATHER_MS,
  concerns: 'alert',
  needs: [],
};
