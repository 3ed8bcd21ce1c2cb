import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How a frozen card is released: two people, then the processor, and at any time a newer freeze ends it. */
export const unfreezeCardMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'unfreeze-card',
  initial: 'proposed',
  states: {
    proposed: { on: { approved: 'releasing', rejected: 'rejected', expired: 'expired', superseded: 'superseded' } },
    releasing: { on: { confirmed: 'released', superseded: 'superseded', rejected: 'rejected' } },
    released: { tags: ['end'] },
    rejected: { tags: ['end'] },
    expired: { tags: ['end'] },
    superseded: { tags: ['end'] },
  },
});
