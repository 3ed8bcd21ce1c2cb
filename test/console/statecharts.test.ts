import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountMachine } from '../../actors/account/account.machine.ts';
import { cardMachine } from '../../actors/card/card.machine.ts';
import { deviceMachine } from '../../actors/device/device.machine.ts';
import { ipMachine } from '../../actors/ip/ip.machine.ts';
import { merchantMachine } from '../../actors/merchant/merchant.machine.ts';
import { layOut } from '../../console/figures/state-layout.ts';
import { lifecycleOf } from '../../console/model/lifecycles.ts';
import { mergedMoves, readMermaid, type StateMachine } from '../../console/model/state-machine.ts';

const MACHINES = {
  card: cardMachine,
  account: accountMachine,
  device: deviceMachine,
  merchant: merchantMachine,
  ip: ipMachine,
} as const;

const DIAGRAM = `stateDiagram-v2
  [*] --> freezing
  freezing --> frozen: confirmed
  freezing --> overdue: overdue
  overdue --> frozen: confirmed
  frozen --> released: released
  released --> [*]
  classDef current font-weight:bold,stroke-width:3px
  class overdue current
`;

function assertSound(machine: StateMachine): void {
  const { states, moves, width, height } = layOut(machine);
  assert.deepEqual(states.map(({ name }) => name).sort(), [...machine.states].sort());
  assert.equal(moves.length, mergedMoves(machine.moves).length);
  assert.equal(new Set(states.map(({ x }) => x)).size, states.length, 'no two states share a place');
  const labels = moves.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`);
  assert.equal(new Set(labels).size, labels.length, 'no two labels share a place');
  for (const { x, y } of moves) assert.ok(x > 0 && x < width && y > 0 && y < height, 'a label is inside the drawing');
  assert.equal(states.filter(({ isCurrent }) => isCurrent).length, 1);
}

describe('statecharts', () => {
  for (const [kind, machine] of Object.entries(MACHINES)) {
    test(`of the console are those of the actors: ${kind}`, () => {
      const drawn = lifecycleOf(kind as keyof typeof MACHINES, String(machine.config.initial));
      const real = Object.entries(machine.config.states ?? {}).flatMap(([from, state]) =>
        Object.entries(state.on ?? {}).map(([on, to]) => `${from} ${on} ${String(to)}`),
      );
      assert.deepEqual(drawn.moves.map(({ from, on, to }) => `${from} ${on} ${to}`).sort(), real.sort());
      assert.equal(drawn.initial, machine.config.initial);
      assert.deepEqual([...drawn.states].sort(), Object.keys(machine.config.states ?? {}).sort());
      assertSound(drawn);
    });
  }

  test('of sagas are read from what the engine draws', () => {
    const machine = readMermaid(DIAGRAM);
    assert.deepEqual(machine.states, ['freezing', 'frozen', 'overdue', 'released']);
    assert.deepEqual([machine.initial, machine.current, machine.ends], ['freezing', 'overdue', ['released']]);
    assert.deepEqual(machine.moves[1], { from: 'freezing', to: 'overdue', on: 'overdue' });
    assertSound(machine);
  });
});
