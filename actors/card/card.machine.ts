import { setup } from 'xstate';
import { LIFECYCLE_EVENT_EXAMPLE } from '../../src/domain/profile.ts';

/**
 * Lifecycle of a card. Frozen is left by an explicit unfreeze only, closed by nothing; neither a good payment nor a
 * cleared suspicion undoes them.
 */
export const cardMachine = setup({ types: { events: LIFECYCLE_EVENT_EXAMPLE } }).createMachine({
  id: 'card',
  initial: 'active',
  states: {
    active: { on: { challenge: 'challenged', concern: 'watched', freeze: 'frozen', close: 'closed' } },
    challenged: { on: { calm: 'active', clear: 'active', concern: 'watched', freeze: 'frozen', close: 'closed' } },
    watched: { on: { calm: 'active', clear: 'active', freeze: 'frozen', close: 'closed' } },
    frozen: { on: { unfreeze: 'watched', close: 'closed' } },
    closed: {},
  },
});
