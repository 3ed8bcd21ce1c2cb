import { assertNever } from '../../src/domain/assert-never.ts';
import type { SagaContext, SagaDefinition, SagaHappening, SagaReaction, SagaView } from '../../src/ports/saga.ts';
import { unfreezeCardMachine } from './unfreeze-card.machine.ts';

/** How long a proposal may wait for the second person, ms, where the settings say nothing. */
const EXPIRES_AFTER_MS = 30 * 60_000;

type Command = SagaHappening & { readonly type: 'command' };

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started': {
      const expiresMs = context.options.expiresMs;
      const afterMs = typeof expiresMs === 'number' ? expiresMs : EXPIRES_AFTER_MS;
      return { data: { proposedBy: happening.cause.by }, timers: { expiry: afterMs } };
    }
    case 'command':
      return decide(saga, happening, context);
    case 'confirmed':
      return happening.step === 'release' && saga.status === 'releasing' ? released(saga, context) : {};
    case 'timer':
      return saga.status === 'proposed' ? { events: ['expired'] } : {};
    case 'superseded':
      return saga.status === 'proposed' || saga.status === 'releasing'
        ? { events: ['superseded'], cancel: ['release', 'restore'] }
        : {};
    case 'gone':
      return { escalate: 'the card processor wants no more' };
    case 'joined':
    case 'exhausted':
    case 'undone':
      return {};
    default:
      return assertNever(happening);
  }
}

function decide(saga: SagaView, { command, by }: Command, context: SagaContext): SagaReaction {
  const { status, data, id, nextRevision } = saga;
  if (command === 'reject' || command === 'cancel') {
    if (status === 'proposed') return { events: ['rejected'], data: { rejectedBy: by } };
    return { refuse: `a release in state ${status} cannot be taken back` };
  }
  if (command !== 'approve') return { refuse: `a release takes no ${command}` };
  if (status !== 'proposed') return { refuse: `the release is not waiting for approval: ${status}` };
  if (by === '' || by === data.proposedBy) return { refuse: 'a second person has to approve it' };
  const approved: SagaReaction = { events: ['approved'], timers: { expiry: null }, data: { approvedBy: by } };
  if (!context.endpoints.has('card-processor')) {
    const { effects = [] } = released({ ...saga, status: 'releasing' }, context);
    return { ...approved, events: ['approved', 'confirmed'], effects };
  }
  const body = { cardId: id, sequence: nextRevision, ...data, approvedBy: by };
  const effect = { step: 'release', endpoint: 'card-processor', type: 'card.unfreeze', body };
  return { ...approved, effects: [effect] };
}

/** The processor has released the card: let it pay here too. */
function released({ id }: SagaView, { nowMs }: SagaContext): SagaReaction {
  const body = { entity: 'card', entityId: id, status: 'unfreeze', occurredAt: new Date(nowMs).toISOString() };
  return { events: ['confirmed'], effects: [{ step: 'restore', endpoint: 'engine', type: 'entity.status', body }] };
}

/**
 * Releases a frozen card. Started by an analyst alone, with the revision of the freeze that he saw; approved by another
 * one. Each of its records also goes into the stream of the freeze, at that revision: a newer freeze moves the stream,
 * and the release has lost.
 */
export const unfreezeCard: SagaDefinition<typeof unfreezeCardMachine> = {
  kind: 'unfreeze-card',
  machine: unfreezeCardMachine,
  targetsOf: () => [],
  react,
  fencedBy: 'freeze-card',
  concerns: 'card',
  needs: [],
};
