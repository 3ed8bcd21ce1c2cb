import { setup } from 'xstate';
import { SAGA_EVENT_EXAMPLE } from '../../src/domain/sagas.ts';

/** How a challenge goes. After its deadline an answer is still noted, as what it is: late. */
export const stepUpMachine = setup({ types: { events: SAGA_EVENT_EXAMPLE } }).createMachine({
  id: 'step-up',
  initial: 'challenging',
  states: {
    challenging: {
      on: { passed: 'passed', failed: 'failed', abandoned: 'abandoned', lapsed: 'lapsed', unsent: 'undoing' },
    },
    undoing: { on: { undone: 'unsent' } },
    passed: { tags: ['end'] },
    failed: { tags: ['end'] },
    abandoned: { tags: ['end'], on: { passedLate: 'passed_late', failedLate: 'failed_late' } },
    lapsed: { tags: ['end'], on: { passedLate: 'passed_late', failedLate: 'failed_late' } },
    unsent: { tags: ['end'] },
    passed_late: { tags: ['end'] },
    failed_late: { tags: ['end'] },
  },
});
