/** A way from one state to another, and what takes it. */
export type Move = { readonly from: string; readonly to: string; readonly on: string };

/** A statechart without nesting: its states in the order of their making, and which of them is the present one. */
export type StateMachine = {
  readonly initial: string;
  readonly states: readonly string[];
  readonly ends: readonly string[];
  readonly moves: readonly Move[];
  readonly current: string;
};

/** Reads the Mermaid text that the engine draws sagas with: moves, ends, and the class `current`. */
export function readMermaid(text: string): StateMachine {
  const moves: Move[] = [];
  const ends: string[] = [];
  const states = new Set<string>();
  let initial = '';
  let current = '';
  for (const line of text.split('\n')) {
    const move = /^\s*(\S+) --> (\S+?)(?:: (.*))?$/.exec(line);
    current = /^\s*class (\S+) current/.exec(line)?.[1] ?? current;
    if (move === null) continue;
    const [, from = '', to = '', on = ''] = move;
    if (from === '[*]') initial = to;
    else if (to === '[*]') ends.push(from);
    else moves.push({ from, to, on });
    for (const state of [from, to]) if (state !== '[*]') states.add(state);
  }
  return { initial, states: [...states], ends, moves, current };
}

/** Moves between the same two states, as one. */
export function mergedMoves(moves: readonly Move[]): readonly Move[] {
  const merged = new Map<string, Move>();
  for (const move of moves) {
    const key = `${move.from} ${move.to}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? move : { ...known, on: `${known.on}, ${move.on}` });
  }
  return [...merged.values()];
}
