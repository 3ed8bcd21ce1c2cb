import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How a block goes: put up, in force until its time is over or somebody lifts it, then taken down in reverse order. */
export const blockSourceMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'block-source',
  initial: 'blocking',
  states: {
    blocking: { on: { confirmed: 'blocked', expired: 'expiring', lifted: 'lifting' } },
    blocked: { on: { expired: 'expiring', lifted: 'lifting' } },
    expiring: { on: { undone: 'expired' } },
    lifting: { on: { undone: 'lifted' } },
    expired: { tags: ['end'] },
    lifted: { tags: ['end'] },
  },
});
