import { assertNever } from '../../src/domain/assert-never.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import type {
  SagaContext,
  SagaDefinition,
  SagaHappening,
  SagaOccasion,
  SagaReaction,
  SagaTarget,
  SagaView,
} from '../../src/ports/saga.ts';
import { reversalMachine } from './reversal.machine.ts';

/** Attempts before a person has to see to it: about two days. */
const ATTEMPTS_MAX = 300;
/** How long a person may take, ms: within it card networks take a reversal. */
const LEFT_FOR_MS = 7 * 24 * 3_600_000;

/** An approval that its caller never had, that a fallback gave where the rules say no, or that late data revised. */
function targetsOf(occasion: SagaOccasion): readonly SagaTarget[] {
  const why = reasonOf(occasion);
  if (occasion.transaction === null || why === null) return [];
  const { transactionId, cardId, accountId, amountMinor, currency } = occasion.transaction;
  return [{ id: transactionId, input: { cardId, accountId, amountMinor, currency, why } }];
}

/** Why a transaction is to be reversed; null where it is not. */
function reasonOf({ source, supersededOutcome, outcome }: SagaOccasion): string | null {
  if (source === 'unheard') return 'approval_unheard';
  if (source === 'revision') return 'approval_revised';
  if (source !== 'correction') return 'asked_for';
  if (supersededOutcome === 'approve' && outcome !== 'approve') return 'approval_unheard';
  return supersededOutcome === 'decline' && outcome === 'approve' ? 'approval_revised' : null;
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return reverse(saga, context);
    case 'confirmed':
      if (happening.step === 'reverse' && isReversing(saga)) return book(saga, context, 'confirmed');
      return happening.step === 'books' && saga.status !== 'reversed'
        ? { events: ['booked'], timers: { left: null } }
        : {};
    case 'exhausted': {
      const escalate = `${happening.step} was given up: ${happening.detail}`;
      return { events: ['exhausted'], timers: { left: LEFT_FOR_MS }, escalate };
    }
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'timer':
      return { events: ['lapsed'] };
    case 'command':
      if (happening.command !== 'resolve') return { refuse: `a reversal takes resolve, not ${happening.command}` };
      if (isReversing(saga)) return { ...book(saga, context, 'resolved'), cancel: ['reverse'] };
      if (saga.status !== 'books_left_to_person') return { refuse: `the reversal is in state ${saga.status}` };
      return { events: ['resolved'], timers: { left: null }, data: { resolvedBy: happening.by } };
    case 'joined':
    case 'undone':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

function isReversing({ status }: SagaView): boolean {
  return status === 'reversing' || status === 'left_to_person';
}

function reverse(saga: SagaView, { endpoints }: SagaContext): SagaReaction {
  const body: SagaData = { transactionId: saga.id, ...saga.data };
  if (!endpoints.has('card-processor')) {
    return { events: ['exhausted'], timers: { left: LEFT_FOR_MS }, escalate: 'there is no processor to reverse at' };
  }
  const effect = { step: 'reverse', endpoint: 'card-processor', type: 'authorization.reverse', body };
  return { effects: [{ ...effect, attemptsMax: ATTEMPTS_MAX }] };
}

/** Tells the books what was reversed; without an endpoint for them the record of this saga is what they are told. */
function book(saga: SagaView, { endpoints }: SagaContext, event: 'confirmed' | 'resolved'): SagaReaction {
  if (!endpoints.has('ledger')) return { events: [event, 'booked'], timers: { left: null } };
  const body: SagaData = { transactionId: saga.id, ...saga.data };
  const effect = { step: 'books', endpoint: 'ledger', type: 'authorization.reversed', body, attemptsMax: ATTEMPTS_MAX };
  return { events: [event], effects: [effect], timers: { left: null } };
}

/** Takes back an approval that reached nobody in time, or that late data revised, and tells the books. */
export const reversal: SagaDefinition<typeof reversalMachine> = {
  kind: 'reversal',
  machine: reversalMachine,
  targetsOf,
  react,
  // A transaction is reversed once.
  holdsEnd: () => true,
  isPrompt: true,
  concerns: 'transaction',
  needs: ['card-processor'],
};
