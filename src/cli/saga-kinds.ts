import type { AnyStateMachine } from 'xstate';
import { alert } from '../../sagas/alert/alert.saga.ts';
import { blockSource } from '../../sagas/block-source/block-source.saga.ts';
import { freezeCard } from '../../sagas/freeze-card/freeze-card.saga.ts';
import { unfreezeCard } from '../../sagas/freeze-card/unfreeze-card.saga.ts';
import { invalidateSessions } from '../../sagas/invalidate-sessions/invalidate-sessions.saga.ts';
import { reversal } from '../../sagas/reversal/reversal.saga.ts';
import { stepUp } from '../../sagas/step-up/step-up.saga.ts';
import type { SagaDefinition } from '../ports/saga.ts';

/** Every kind of saga, as the runner runs them. */
export const SAGA_DEFINITIONS: readonly SagaDefinition<AnyStateMachine>[] = [
  freezeCard,
  unfreezeCard,
  invalidateSessions,
  stepUp,
  blockSource,
  alert,
  reversal,
];
