import type { Kind } from './endpoints.ts';
import type { Move, StateMachine } from './state-machine.ts';

/** The lifecycle of each kind, as the folder `actors` has it: a test holds the two against each other. */
const LIFECYCLES: Readonly<Record<Kind, { readonly initial: string; readonly moves: string }>> = {
  card: {
    initial: 'active',
    moves:
      'active challenge challenged, active concern watched, active freeze frozen, active close closed, ' +
      'challenged calm active, challenged clear active, challenged concern watched, challenged freeze frozen, ' +
      'challenged close closed, watched calm active, watched clear active, watched freeze frozen, ' +
      'watched close closed, frozen unfreeze watched, frozen close closed',
  },
  account: {
    initial: 'normal',
    moves:
      'normal concern at_risk, normal freeze locked, normal close closed, at_risk calm normal, at_risk clear normal, ' +
      'at_risk freeze locked, at_risk close closed, locked unfreeze at_risk, locked close closed',
  },
  device: {
    initial: 'unknown',
    moves:
      'unknown calm known, unknown clear known, unknown concern suspicious, unknown freeze blocked, ' +
      'unknown close blocked, known concern suspicious, known freeze blocked, known close blocked, ' +
      'suspicious calm known, suspicious clear known, suspicious freeze blocked, suspicious close blocked, ' +
      'blocked unfreeze suspicious',
  },
  merchant: {
    initial: 'active',
    moves:
      'active concern watched, active freeze blocked, active close blocked, watched clear active, ' +
      'watched freeze blocked, watched close blocked, blocked unfreeze watched',
  },
  ip: {
    initial: 'active',
    moves:
      'active concern watched, active freeze blocked, active close blocked, watched clear active, ' +
      'watched freeze blocked, watched close blocked, blocked unfreeze watched',
  },
};

/** The lifecycle of a kind of entity, with the state that one of them is in. */
export function lifecycleOf(kind: Kind, current: string): StateMachine {
  const { initial, moves: text } = LIFECYCLES[kind];
  const moves = text.split(', ').map((words): Move => {
    const [from = '', on = '', to = ''] = words.split(' ');
    return { from, on, to };
  });
  const states = [...new Set([initial, ...moves.flatMap(({ from, to }) => [from, to])])];
  return { initial, states, moves, current, ends: states.filter((state) => moves.every(({ from }) => from !== state)) };
}
