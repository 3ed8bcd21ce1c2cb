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
import { invalidateSessionsMachine } from './invalidate-sessions.machine.ts';

/** Time to the confirmation after which a person is called, ms. */
const OVERDUE_AFTER_MS = 60_000;
/** How long the addresses of the occasion are blocked, ms. */
const BLOCK_IP_MS = 3_600_000;
/** Attempts before it is left to a person: about a day at the longest pause. */
const ATTEMPTS_MAX = 150;
/** How long a person may take, ms; sessions that live longer than that are rare. */
const LEFT_FOR_MS = 7 * 24 * 3_600_000;

function targetsOf({ subjects: { accountId, deviceId, ip } }: SagaOccasion): readonly SagaTarget[] {
  if (accountId === undefined) return [];
  const device = deviceId === undefined ? {} : { deviceId };
  return [{ id: accountId, input: { ...device, ips: ip === undefined ? [] : [ip] } }];
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return revoke(saga, happening.input, context);
    case 'joined':
      return { effects: blocks(happening.input, context.options, context.nowMs) };
    case 'confirmed':
      return happening.step === 'revoke' && saga.status !== 'revoked'
        ? { events: ['confirmed'], timers: { overdue: null, left: null } }
        : {};
    case 'exhausted':
      if (happening.step !== 'revoke') return { escalate: `${happening.step} was given up: ${happening.detail}` };
      return {
        events: ['exhausted'],
        timers: { overdue: null, left: LEFT_FOR_MS },
        escalate: `the sessions of an account are not ended: ${happening.detail}`,
      };
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'timer':
      if (happening.name === 'left') return { events: ['lapsed'] };
      return { events: ['overdue'], escalate: 'the end of the sessions is not confirmed' };
    case 'command':
      return command(saga, happening.command, happening.by);
    case 'undone':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

function revoke(saga: SagaView, input: SagaData, { endpoints, options, nowMs }: SagaContext): SagaReaction {
  const overdueMs = typeof options.overdueMs === 'number' ? options.overdueMs : OVERDUE_AFTER_MS;
  const effects: EffectRequest[] = [];
  if (endpoints.has('identity-provider')) {
    effects.push({
      step: 'revoke',
      endpoint: 'identity-provider',
      type: 'sessions.revoke',
      body: { accountId: saga.id, scope: 'all', reauthenticate: true, ...input },
      attemptsMax: ATTEMPTS_MAX,
    });
  }
  effects.push(...blocks(input, options, nowMs));
  if (!endpoints.has('identity-provider')) {
    return { effects, events: ['exhausted'], escalate: 'there is no identity provider to end sessions at' };
  }
  return { effects, timers: { overdue: overdueMs } };
}

/** Blocks the addresses, each by an entry that expires. One that this saga blocks already has its effect. */
function blocks(input: SagaData, options: SagaData, nowMs: number): EffectRequest[] {
  const blockIpMs = typeof options.blockIpMs === 'number' ? options.blockIpMs : BLOCK_IP_MS;
  const ips = Array.isArray(input.ips) ? input.ips.filter((ip) => typeof ip === 'string') : [];
  if (blockIpMs === 0) return [];
  return ips.map((ip) => ({
    step: `block ${ip.replaceAll(':', '_')}`,
    endpoint: 'engine',
    type: 'list.block',
    body: { kind: 'ip', value: ip, expiresAtMs: nowMs + blockIpMs },
    attemptsMax: ATTEMPTS_MAX,
  }));
}

function command(saga: SagaView, name: string, by: string): SagaReaction {
  const isOpen = saga.status !== 'revoked' && saga.status !== 'abandoned';
  if (name === 'resolve' && isOpen) {
    return {
      events: ['resolved'],
      cancel: ['revoke'],
      timers: { overdue: null, left: null },
      data: { resolvedBy: by },
    };
  }
  if (name === 'cancel' && saga.status === 'left_to_person')
    return { events: ['cancelled'], data: { cancelledBy: by } };
  return { refuse: `the end of sessions in state ${saga.status} takes no ${name}` };
}

/** Ends all sessions of an account at the identity provider, has it ask anew who is there, and blocks the addresses. */
export const invalidateSessions: SagaDefinition<typeof invalidateSessionsMachine> = {
  kind: 'invalidate-sessions',
  machine: invalidateSessionsMachine,
  targetsOf,
  react,
  isPrompt: true,
  concerns: 'account',
  needs: ['identity-provider'],
};
