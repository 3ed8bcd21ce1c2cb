import { setup } from 'xstate';
import { LIFECYCLE_EVENT_EXAMPLE } from '../../src/domain/profile.ts';

/** Lifecycle of a key that is no entity of its own, such as a card at a merchant: it has features and one status. */
export const keyMachine = setup({ types: { events: LIFECYCLE_EVENT_EXAMPLE } }).createMachine({
  id: 'key',
  initial: 'active',
  states: { active: {} },
});
