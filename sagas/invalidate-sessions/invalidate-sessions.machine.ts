import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How sessions are ended: asked for, confirmed, or left to a person once it is given up. */
export const invalidateSessionsMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'invalidate-sessions',
  initial: 'revoking',
  states: {
    revoking: { on: { confirmed: 'revoked', overdue: 'overdue', exhausted: 'left_to_person', resolved: 'revoked' } },
    overdue: { on: { confirmed: 'revoked', exhausted: 'left_to_person', resolved: 'revoked' } },
    left_to_person: { on: { resolved: 'revoked', cancelled: 'abandoned', confirmed: 'revoked', lapsed: 'abandoned' } },
    revoked: { tags: ['end'] },
    abandoned: { tags: ['end'] },
  },
});
