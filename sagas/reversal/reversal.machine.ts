import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How an approval is taken back: at the processor, then in the books; by a person where that cannot be done. */
export const reversalMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'reversal',
  initial: 'reversing',
  states: {
    reversing: { on: { confirmed: 'booking', exhausted: 'left_to_person', resolved: 'booking' } },
    left_to_person: { on: { resolved: 'booking', confirmed: 'booking', lapsed: 'abandoned' } },
    booking: { on: { booked: 'reversed', exhausted: 'books_left_to_person' } },
    books_left_to_person: { on: { resolved: 'reversed', booked: 'reversed', lapsed: 'abandoned' } },
    reversed: { tags: ['end'] },
    abandoned: { tags: ['end'] },
  },
});
