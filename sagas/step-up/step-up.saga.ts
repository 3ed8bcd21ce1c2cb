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
import { stepUpMachine } from './step-up.machine.ts';

/** Time that the cardholder has, ms, where the settings say nothing: the usual life of a one-time code. */
const DEADLINE_MS = 5 * 60_000;
/** Attempts at sending a challenge; later than that nobody waits for it. */
const SEND_ATTEMPTS_MAX = 8;
const OUTCOMES = ['passed', 'failed', 'abandoned'];
/** Outcomes as the windows of device and account see them, and what they mean for the card. */
const SIGNALS: Readonly<Record<string, string>> = {
  passed: 'challenge_passed',
  failed: 'challenge_failed',
  abandoned: 'challenge_abandoned',
  lapsed: 'challenge_abandoned',
  passed_late: 'challenge_passed_late',
  failed_late: 'challenge_failed',
};
const CARD_COMMANDS: Readonly<Record<string, string>> = { passed: 'clear', failed: 'watch', failed_late: 'watch' };

function targetsOf({ transaction, mode }: SagaOccasion): readonly SagaTarget[] {
  if (transaction === null) return [];
  const { transactionId, cardId, accountId, deviceId, ip } = transaction;
  const device = deviceId === undefined ? {} : { deviceId };
  const address = ip === undefined ? {} : { ip };
  return [{ id: transactionId, input: { cardId, accountId, ...device, ...address, mode } }];
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return challenge(saga, context);
    case 'exhausted':
      if (happening.step === 'challenge' && saga.status === 'challenging') {
        return {
          events: ['unsent'],
          timers: { deadline: null },
          undo: true,
          escalate: 'a challenge could not be sent',
        };
      }
      return { escalate: `${happening.step} was given up: ${happening.detail}` };
    case 'timer':
      if (saga.status !== 'challenging') return {};
      return {
        events: ['lapsed'],
        cancel: ['challenge'],
        data: { outcome: 'lapsed' },
        ...feedback(saga, 'lapsed', context),
      };
    case 'command':
      return told(saga, happening, context);
    case 'undone':
      return saga.status === 'undoing' ? { events: ['undone'] } : {};
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'joined':
    case 'confirmed':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

/** Holds the payment where the processor can, then asks the cardholder. Without an answer the hold is let go. */
function challenge(saga: SagaView, { endpoints, options }: SagaContext): SagaReaction {
  const body: SagaData = { transactionId: saga.id, ...saga.data };
  const deadlineMs = typeof options.deadlineMs === 'number' ? options.deadlineMs : DEADLINE_MS;
  const effects: EffectRequest[] = [];
  if (options.hold === true && endpoints.has('card-processor')) {
    effects.push({
      step: 'hold',
      endpoint: 'card-processor',
      type: 'hold.place',
      body,
      attemptsMax: SEND_ATTEMPTS_MAX,
      undo: { endpoint: 'card-processor', type: 'hold.release', body },
    });
  }
  if (endpoints.has('authenticator')) {
    const request = { ...body, deadlineMs };
    effects.push({
      step: 'challenge',
      endpoint: 'authenticator',
      type: 'challenge.request',
      body: request,
      attemptsMax: SEND_ATTEMPTS_MAX,
    });
  }
  // Without an authenticator here the caller asks by itself, and tells the outcome.
  return { effects, timers: { deadline: deadlineMs } };
}

function told(
  saga: SagaView,
  { command, by, input }: SagaHappening & { readonly type: 'command' },
  context: SagaContext,
): SagaReaction {
  const { status } = saga;
  if (command === 'cancel') {
    if (status !== 'challenging') return { refuse: `the challenge is over: ${status}` };
    return {
      events: ['abandoned'],
      cancel: ['challenge'],
      timers: { deadline: null },
      data: { outcome: 'abandoned', by },
    };
  }
  const outcome = OUTCOMES.find((name) => name === input.outcome);
  if (command !== 'outcome' || outcome === undefined) {
    return { refuse: `a challenge takes an outcome (${OUTCOMES.join(', ')}) or cancel, not ${command}` };
  }
  if (status === 'challenging') {
    return {
      events: [outcome],
      cancel: ['challenge'],
      timers: { deadline: null },
      data: { outcome, by },
      ...feedback(saga, outcome, context),
    };
  }
  const isLate = status === 'lapsed' || status === 'abandoned';
  if (isLate && outcome !== 'abandoned') {
    const late = outcome === 'passed' ? 'passedLate' : 'failedLate';
    return { events: [late], data: { lateOutcome: outcome, by }, ...feedback(saga, `${outcome}_late`, context) };
  }
  if (status === outcome || status === `${outcome}_late`) return {};
  return { refuse: `the challenge had another outcome: ${status}` };
}

/**
 * What the outcome tells the actors: a signal to the windows of device, account and address, a word to the card. A late
 * pass is told as such: it clears nothing.
 */
function feedback({ data }: SagaView, outcome: string, { nowMs }: SagaContext): SagaReaction {
  const occurredAt = new Date(nowMs).toISOString();
  const requests: EffectRequest[] = [];
  const signal = SIGNALS[outcome];
  const late = outcome.endsWith('_late') ? '-late' : '';
  const { deviceId = '', accountId = '', ip = '' } = data;
  if (signal !== undefined && (deviceId !== '' || accountId !== '')) {
    const body = { deviceId, accountId, ip, signal, occurredAt };
    requests.push({ step: `signal${late}`, endpoint: 'engine', type: 'entity.signal', body });
  }
  const status = CARD_COMMANDS[outcome];
  if (status !== undefined && typeof data.cardId === 'string') {
    const body = { entity: 'card', entityId: data.cardId, status, occurredAt };
    requests.push({ step: `card${late}`, endpoint: 'engine', type: 'entity.status', body });
  }
  return { effects: requests };
}

/** Asks the cardholder for another proof, with a deadline, and tells the actors what came of it. */
export const stepUp: SagaDefinition<typeof stepUpMachine> = {
  kind: 'step-up',
  machine: stepUpMachine,
  targetsOf,
  react,
  // A transaction is challenged once: the same id does not begin anew.
  holdsEnd: () => true,
  isPrompt: true,
  concerns: 'transaction',
  needs: [],
};
