import { assertNever } from '../../src/domain/assert-never.ts';
import type { SagaCause, SagaData } from '../../src/domain/sagas.ts';
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
import { freezeCardMachine } from './freeze-card.machine.ts';

/** Time to the processor's confirmation after which a person is called, ms, where the settings say nothing. */
const OVERDUE_AFTER_MS = 60_000;
/** Attempts that a notice or a case is worth: about a day. Neither may hold the saga open for ever. */
const FOLLOW_UP_ATTEMPTS_MAX = 150;
const FOLLOW_UPS = ['notify', 'case'];

function targetsOf({ transaction, subjects: { cardId } }: SagaOccasion): readonly SagaTarget[] {
  if (cardId === undefined) return [];
  return [{ id: cardId, input: transaction === null ? {} : { transactionId: transaction.transactionId } }];
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return freeze(saga, happening.cause, context);
    case 'confirmed':
      return happening.step === 'freeze' ? followUp(saga, context) : settle(saga);
    case 'exhausted':
      return { ...settle(saga), escalate: `${happening.step} was given up: ${happening.detail}` };
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'timer':
      return { events: ['overdue'], escalate: 'the freeze is not confirmed' };
    case 'command':
      if (happening.command === 'resolve' && isFreezing(saga)) {
        return { ...followUp(saga, context), cancel: ['freeze'], data: { resolvedBy: happening.by } };
      }
      return {
        refuse: `a freeze in state ${saga.status} takes no ${happening.command}; unfreeze-card releases a card`,
      };
    case 'joined':
    case 'undone':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

function isFreezing({ status }: SagaView): boolean {
  return status === 'freezing' || status === 'overdue';
}

/** Asks the processor, and stops the card here at once: no payment waits for the confirmation. */
function freeze(saga: SagaView, cause: SagaCause, { nowMs, endpoints, options }: SagaContext): SagaReaction {
  const { id, data, nextRevision } = saga;
  const occurredAt = new Date(nowMs).toISOString();
  const stop: EffectRequest = {
    step: 'stop',
    endpoint: 'engine',
    type: 'entity.status',
    body: { entity: 'card', entityId: id, status: 'freeze', occurredAt },
  };
  const facts: SagaData = { cardId: id, sequence: nextRevision, reasons: cause.reasons, ...data };
  const overdueMs = typeof options.overdueMs === 'number' ? options.overdueMs : OVERDUE_AFTER_MS;
  if (!endpoints.has('card-processor')) return { effects: [stop], events: ['confirmed', 'settled'] };
  const request: EffectRequest = { step: 'freeze', endpoint: 'card-processor', type: 'card.freeze', body: facts };
  return { effects: [request, stop], timers: { overdue: overdueMs }, data: { reasons: cause.reasons } };
}

/** The card is frozen: tell its holder, and open a case for an analyst. */
function followUp(saga: SagaView, { endpoints }: SagaContext): SagaReaction {
  if (!isFreezing(saga)) return {};
  const body: SagaData = { cardId: saga.id, ...saga.data };
  const attemptsMax = FOLLOW_UP_ATTEMPTS_MAX;
  const effects: EffectRequest[] = [];
  if (endpoints.has('notifier')) {
    effects.push({ step: 'notify', endpoint: 'notifier', type: 'cardholder.notify', body, attemptsMax });
  }
  if (endpoints.has('cases')) effects.push({ step: 'case', endpoint: 'cases', type: 'case.open', body, attemptsMax });
  const events = effects.length === 0 ? ['confirmed', 'settled'] : ['confirmed'];
  return { events, effects, timers: { overdue: null } };
}

function settle(saga: SagaView): SagaReaction {
  if (saga.status !== 'following_up') return {};
  const open = FOLLOW_UPS.some((step) => {
    const state = saga.effects.get(step)?.state;
    return state === 'pending' || state === 'accepted';
  });
  return open ? {} : { events: ['settled'] };
}

/** Freezes a card at its processor, tells the holder, opens a case. Retried for ever, never undone by itself. */
export const freezeCard: SagaDefinition<typeof freezeCardMachine> = {
  kind: 'freeze-card',
  machine: freezeCardMachine,
  targetsOf,
  react,
  holdsEnd: (saga) => saga.status === 'frozen',
  absorb: (fact) => (fact.saga === 'unfreeze-card' && fact.status === 'released' ? 'released' : null),
  supersedes: 'unfreeze-card',
  isPrompt: true,
  concerns: 'card',
  needs: [],
};
