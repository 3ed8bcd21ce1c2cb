import { mergedMoves, type StateMachine } from '../model/state-machine.ts';

/** A state as a box on a line, and a move as a path with a word in its middle. All in units of the drawing. */
export type PlacedState = {
  readonly name: string;
  readonly x: number;
  readonly isCurrent: boolean;
  readonly isEnd: boolean;
};
export type PlacedMove = {
  readonly key: string;
  readonly path: string;
  readonly label: string;
  readonly x: number;
  readonly y: number;
};
export type StateDrawing = {
  readonly width: number;
  readonly height: number;
  readonly lineY: number;
  readonly states: readonly PlacedState[];
  readonly moves: readonly PlacedMove[];
};

export const BOX_WIDTH = 116;
export const BOX_HEIGHT = 40;
const PITCH = 216;
const LEVEL = 30;
const MARGIN = 12;

type Arc = { readonly from: number; readonly to: number; readonly label: string; readonly key: string };

/**
 * Draws the states in a row, from the initial one on: moves forward above it, moves back below. Arcs that overlap lie
 * at different heights, short ones inside, and leave a box side by side, so that no two cross without need.
 */
export function layOut(machine: StateMachine): StateDrawing {
  const order = orderOf(machine);
  const arcs = mergedMoves(machine.moves).map(({ from, to, on }): Arc => {
    return { from: order.indexOf(from), to: order.indexOf(to), label: on, key: `${from} ${to}` };
  });
  const straight = arcs.filter(({ from, to }) => to === from + 1);
  const above = levelled(arcs.filter(({ from, to }) => to > from + 1));
  const below = levelled(arcs.filter(({ from, to }) => to <= from));
  const lineY = MARGIN + 16 + LEVEL * above.levels + BOX_HEIGHT / 2;
  const height = lineY + BOX_HEIGHT / 2 + LEVEL * below.levels + MARGIN + 16;
  const moves = [
    ...straight.map((arc) => straightMove(arc, lineY)),
    ...arcMoves(above.arcs, lineY - BOX_HEIGHT / 2, -LEVEL),
    ...arcMoves(below.arcs, lineY + BOX_HEIGHT / 2, LEVEL),
  ];
  const states = order.map((name, index) => {
    return { name, x: leftOf(index), isCurrent: name === machine.current, isEnd: machine.ends.includes(name) };
  });
  return { width: leftOf(order.length - 1) + BOX_WIDTH + MARGIN, height, lineY, states, moves };
}

/** States as their definition lists those that something leads out of, then the others. */
function orderOf({ initial, states, moves }: StateMachine): readonly string[] {
  return [...new Set([initial, ...moves.map(({ from }) => from), ...states])];
}

type Levelled = { readonly arcs: readonly (Arc & { readonly level: number })[]; readonly levels: number };

/** Gives each arc the lowest level where it meets none that is there already; short ones first. */
function levelled(arcs: readonly Arc[]): Levelled {
  const placed: (Arc & { level: number })[] = [];
  const spanOf = ({ from, to }: Arc): number => Math.abs(to - from);
  for (const arc of arcs.toSorted((left, right) => spanOf(left) - spanOf(right))) {
    const [low, high] = [Math.min(arc.from, arc.to), Math.max(arc.from, arc.to)];
    const taken = placed.filter(
      (other) => Math.min(other.from, other.to) < high && Math.max(other.from, other.to) > low,
    );
    const inside = placed.filter(
      (other) => Math.min(other.from, other.to) >= low && Math.max(other.from, other.to) <= high,
    );
    const least = Math.max(0, ...inside.map(({ level }) => level)) + 1;
    let level = least;
    while (taken.some((other) => other.level === level)) level++;
    placed.push({ ...arc, level });
  }
  return { arcs: placed, levels: Math.max(0, ...placed.map(({ level }) => level)) };
}

function straightMove({ from, label, key }: Arc, lineY: number): PlacedMove {
  const [start, end] = [leftOf(from) + BOX_WIDTH, leftOf(from + 1)];
  return { key, label, path: `M${start},${lineY}H${end - 2}`, x: (start + end) / 2, y: lineY - 7 };
}

function arcMoves(arcs: Levelled['arcs'], edgeY: number, levelHeight: number): PlacedMove[] {
  return arcs.map((arc) => {
    const [startX, endX] = [portOf(arc, arc.from, arcs), portOf(arc, arc.to, arcs)];
    const y = edgeY + levelHeight * arc.level;
    const turn = Math.sign(endX - startX) * 8;
    const rise = Math.sign(levelHeight) * 8;
    const path =
      `M${startX},${edgeY}V${y - rise}Q${startX},${y} ${startX + turn},${y}H${endX - turn}` +
      `Q${endX},${y} ${endX},${y - rise}V${edgeY + Math.sign(levelHeight) * 2}`;
    return { key: arc.key, label: arc.label, path, x: (startX + endX) / 2, y: y - 4 };
  });
}

/** Where on the edge of a box an arc ends: those to the left first, short ones outside. */
function portOf(arc: Arc, state: number, arcs: Levelled['arcs']): number {
  const otherEnd = ({ from, to }: Arc): number => (from === state ? to : from);
  const isLeft = (each: Arc): boolean => otherEnd(each) < state;
  const here = arcs.filter(({ from, to }) => from === state || to === state);
  const sorted = [
    ...here.filter(isLeft).toSorted((one, other) => one.level - other.level),
    ...here.filter((each) => !isLeft(each)).toSorted((one, other) => other.level - one.level),
  ];
  const place = sorted.findIndex(({ key }) => key === arc.key);
  return leftOf(state) + (BOX_WIDTH * (place + 1)) / (sorted.length + 1);
}

function leftOf(index: number): number {
  return MARGIN + index * PITCH;
}
