import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/**
 * How a freeze goes. The freeze is the pivot: nothing leads back from it, and what follows it (notice, case) may fail
 * without touching it. `frozen` holds until a release by `unfreeze-card` is confirmed.
 */
export const freezeCardMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'freeze-card',
  initial: 'freezing',
  states: {
    freezing: { on: { confirmed: 'following_up', overdue: 'overdue' } },
    overdue: { on: { confirmed: 'following_up' } },
    following_up: { on: { settled: 'frozen' } },
    frozen: { tags: ['end'], on: { released: 'released' } },
    released: { tags: ['end'] },
  },
});
