import { setup } from 'xstate';
import { LIFECYCLE_EVENT_EXAMPLE } from '../../src/domain/profile.ts';

/** Lifecycle of an IP address. Single decisions say little about it: only its owner's word or a label moves it. */
export const ipMachine = setup({ types: { events: LIFECYCLE_EVENT_EXAMPLE } }).createMachine({
  id: 'ip',
  initial: 'active',
  states: {
    active: { on: { concern: 'watched', freeze: 'blocked', close: 'blocked' } },
    watched: { on: { clear: 'active', freeze: 'blocked', close: 'blocked' } },
    blocked: { on: { unfreeze: 'watched' } },
  },
});
