import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How an alert goes: raised as long as its pattern goes on, then closed. The next one of the pattern is a new run. */
export const alertMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'alert',
  initial: 'raised',
  states: {
    raised: { on: { renewed: 'raised', closed: 'closed', acknowledged: 'acknowledged' } },
    acknowledged: { tags: ['end'] },
    closed: { tags: ['end'] },
  },
});
