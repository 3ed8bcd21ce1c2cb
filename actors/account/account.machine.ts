import { setup } from 'xstate';
import { LIFECYCLE_EVENT_EXAMPLE } from '../../src/domain/profile.ts';

/** Lifecycle of an account. Locked is left by an explicit unfreeze only, closed by nothing. */
export const accountMachine = setup({ types: { events: LIFECYCLE_EVENT_EXAMPLE } }).createMachine({
  id: 'account',
  initial: 'normal',
  states: {
    normal: { on: { concern: 'at_risk', freeze: 'locked', close: 'closed' } },
    at_risk: { on: { calm: 'normal', clear: 'normal', freeze: 'locked', close: 'closed' } },
    locked: { on: { unfreeze: 'at_risk', close: 'closed' } },
    closed: {},
  },
});
