import { setup } from 'xstate';
import { LIFECYCLE_EVENT_EXAMPLE } from '../../src/domain/profile.ts';

/** Lifecycle of a device. It becomes known by good use or by its owner's word; blocked is left by an unfreeze only. */
export const deviceMachine = setup({ types: { events: LIFECYCLE_EVENT_EXAMPLE } }).createMachine({
  id: 'device',
  initial: 'unknown',
  states: {
    unknown: { on: { calm: 'known', clear: 'known', concern: 'suspicious', freeze: 'blocked', close: 'blocked' } },
    known: { on: { concern: 'suspicious', freeze: 'blocked', close: 'blocked' } },
    suspicious: { on: { calm: 'known', clear: 'known', freeze: 'blocked', close: 'blocked' } },
    blocked: { on: { unfreeze: 'suspicious' } },
  },
});
