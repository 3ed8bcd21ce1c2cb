import { type AnyStateMachine, getInitialSnapshot, getNextSnapshot } from 'xstate';
import { PalisadeError } from '../../domain/errors.ts';

/** The machine of a kind of saga, as the runner uses it: tabulated once, so that a step costs a look-up. */
export type SagaChart = {
  readonly initial: string;
  readonly states: readonly string[];
  /** The state after an event, or null where the machine does not take the event in that state. O(1). */
  next(status: string, event: string): string | null;
  /** Whether a state is an end: one tagged `end`. A late fact may still lead from one end to another. */
  isEnd(status: string): boolean;
  /** The machine as Mermaid text, with the given state marked. */
  diagram(status: string): string;
};

/**
 * Tabulates a machine of flat states: every state against every event. Throws CONFIG_INVALID where it has an end that
 * cannot be told or a state that nothing leads out of.
 */
export function tabulateSaga(kind: string, machine: AnyStateMachine): SagaChart {
  const states = Object.keys(machine.states);
  const ends = new Set(states.filter((state) => machine.states[state]?.tags.includes('end')));
  const table = new Map<string, Map<string, string>>();
  for (const state of states) {
    const row = new Map<string, string>();
    const before = machine.resolveState({ value: state, context: {} });
    for (const type of machine.states[state]?.ownEvents ?? []) {
      row.set(type, String(getNextSnapshot(machine, before, { type }).value));
    }
    if (row.size === 0 && !ends.has(state)) {
      throw new PalisadeError(
        'CONFIG_INVALID',
        `Cannot run sagas of kind ${kind} as nothing leads out of a state that is no end: ${state}.`,
      );
    }
    table.set(state, row);
  }
  const initial = String(getInitialSnapshot(machine).value);
  return {
    initial,
    states,
    next: (status, event) => table.get(status)?.get(event) ?? null,
    isEnd: (status) => ends.has(status),
    diagram: (status) => mermaidOf(initial, table, ends, status),
  };
}

function mermaidOf(
  initial: string,
  table: ReadonlyMap<string, ReadonlyMap<string, string>>,
  ends: ReadonlySet<string>,
  status: string,
): string {
  const lines = ['stateDiagram-v2', `  [*] --> ${initial}`];
  for (const [state, row] of table) {
    for (const [event, target] of row) lines.push(`  ${state} --> ${target}: ${event}`);
    if (ends.has(state)) lines.push(`  ${state} --> [*]`);
  }
  lines.push('  classDef current font-weight:bold,stroke-width:3px', `  class ${status} current`);
  return `${lines.join('\n')}\n`;
}
