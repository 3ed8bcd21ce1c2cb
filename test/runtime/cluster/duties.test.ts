import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Standing } from '../../../src/ports/cluster.ts';
import { DutyKeeper } from '../../../src/runtime/cluster/duty-keeper.ts';
import { DutySession } from '../../../src/runtime/cluster/duty-session.ts';
import { MemoryRegister } from '../../support/memory-register.ts';
import { quiet } from '../../support/saga-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';

const NOBODY = { holder: '', position: 0, recordId: '' };

/** A node that would do a duty, and what it is told of the others. */
class Candidate {
  readonly work: string[] = [];
  readonly sessions: DutySession[] = [];
  readonly keeper: DutyKeeper;
  standing: Standing = 'unknown';
  heardAtMs = 0;
  canBegin = true;
  /** A process that was killed, or stands still: nothing that it waits for comes. */
  isStill = false;

  constructor(name: string, register: MemoryRegister, clock: SimulatedClock, seed: number) {
    this.keeper = new DutyKeeper({
      duty: 'sagas',
      register,
      clock: {
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        schedule: (delayMs, callback) => clock.schedule(delayMs, () => this.isStill || callback()),
      },
      random: new SeededRandom(seed),
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      standing: (heardAfterMs) => (this.heardAtMs > heardAfterMs ? this.standing : 'unknown'),
      begin: async (session) => {
        if (!this.canBegin) throw new Error('not now');
        this.work.push(`${name} begins`);
        this.sessions.push(session);
        return { close: async () => void this.work.push(`${name} ends`) };
      },
    });
    this.keeper.start();
  }

  hear(standing: Standing, clock: SimulatedClock): void {
    this.standing = standing;
    this.heardAtMs = clock.monotonicMs();
  }
}

function trio() {
  const clock = new SimulatedClock();
  clock.advance(1);
  const register = new MemoryRegister();
  const one = new Candidate('one', register, clock, 1);
  const other = new Candidate('other', register, clock, 2);
  const third = new Candidate('third', register, clock, 3);
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 250) {
      clock.advance(250);
      await quiet();
    }
  };
  return { clock, register, one, other, third, pass };
}

describe('a duty of a cluster', () => {
  test('is begun by the node that is chosen, and handed over where another one is', async () => {
    const { clock, one, other, pass } = trio();
    await pass(1_000);
    assert.deepEqual([one.work, other.work], [[], []]);
    one.hear('self', clock);
    other.hear('other', clock);
    await pass(1_000);
    assert.deepEqual([one.keeper.isHeld, other.keeper.isHeld], [true, false]);
    one.hear('other', clock);
    other.hear('self', clock);
    await pass(1_500);
    assert.deepEqual([one.work, other.work], [['one begins', 'one ends'], ['other begins']]);
  });

  test('is taken from a node that does not let go of it, which loses it and does not fight for it', async () => {
    const { clock, one, other, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    // One hears nothing new, and still believes that it is chosen.
    other.hear('self', clock);
    await pass(1_500);
    assert.ok(one.keeper.isHeld && !other.keeper.isHeld);
    await pass(2_500);
    assert.ok(!one.keeper.isHeld && other.keeper.isHeld);
    await pass(10_000);
    assert.deepEqual([one.work, other.work], [['one begins', 'one ends'], ['other begins']]);
    // What it hears later counts.
    one.hear('self', clock);
    other.hear('other', clock);
    await pass(3_000);
    assert.ok(one.keeper.isHeld && !other.keeper.isHeld);
  });

  test('is kept where nothing is known of the others, or the register does not answer', async () => {
    const { clock, register, one, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    one.standing = 'unknown';
    register.isAway = true;
    await pass(5_000);
    register.isAway = false;
    await pass(1_000);
    assert.deepEqual([one.keeper.isHeld, one.work], [true, ['one begins']]);
  });

  test('is given up where its work cannot be begun, and tried again', async () => {
    const { clock, register, one, pass } = trio();
    one.canBegin = false;
    one.hear('self', clock);
    await pass(1_000);
    assert.deepEqual([one.keeper.isHeld, register.entry?.holder], [false, '']);
    one.canBegin = true;
    await pass(1_000);
    assert.ok(one.keeper.isHeld);
  });

  test('ends with the node that has it, which waits for its work', async () => {
    const { clock, register, one, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    await one.keeper.close();
    assert.deepEqual([one.work, register.entry?.holder], [['one begins', 'one ends'], '']);
    await pass(2_000);
    assert.equal(one.work.length, 2);
  });
});

describe('a duty of a cluster, while nothing is known of its members,', () => {
  test('stays with who has it, for as long as that one notes that it is there', async () => {
    const { clock, register, one, other, third, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    one.standing = 'unknown';
    const { revision } = register;
    await pass(120_000);
    assert.deepEqual([one.work, other.work, third.work], [['one begins'], [], []]);
    assert.ok(register.revision > revision);
  });

  test('goes to one of the others where that one is killed, and from it to whoever is chosen then', async () => {
    const { clock, one, other, third, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    one.isStill = true;
    await pass(9_000);
    assert.deepEqual([other.work, third.work], [[], []]);
    await pass(4_000);
    const [next, left] = other.keeper.isHeld ? [other, third] : [third, other];
    assert.deepEqual([next.keeper.isHeld, left.keeper.isHeld], [true, false]);
    await pass(60_000);
    assert.deepEqual([next.work.length, left.work.length], [1, 0]);
    next.hear('other', clock);
    left.hear('self', clock);
    await pass(3_000);
    assert.deepEqual([next.keeper.isHeld, left.keeper.isHeld], [false, true]);
  });

  test('is not taken back by a node that stood still for long and wakes up', async () => {
    const { clock, one, other, third, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    one.standing = 'unknown';
    const [session] = one.sessions;
    one.isStill = true;
    await pass(15_000);
    assert.ok(other.keeper.isHeld || third.keeper.isHeld);
    assert.equal(await session?.assured(), false);
    assert.ok(session?.isLost);
    await pass(60_000);
    assert.equal([one, other, third].filter(({ keeper }) => keeper.isHeld).length, 1);
  });

  test('is begun by one of them where nobody had it', async () => {
    const { one, other, third, pass } = trio();
    await pass(60_000);
    assert.equal([one, other, third].filter(({ keeper }) => keeper.isHeld).length, 1);
    assert.equal([one, other, third].flatMap(({ work }) => work).length, 1);
  });

  test('is not taken as the register was away: nobody saw it stand still', async () => {
    const { clock, register, one, other, third, pass } = trio();
    one.hear('self', clock);
    await pass(1_000);
    one.standing = 'unknown';
    register.isAway = true;
    await pass(60_000);
    register.isAway = false;
    await pass(60_000);
    assert.deepEqual([one.work, other.work, third.work], [['one begins'], [], []]);
  });
});

describe('the time of a node with a duty', () => {
  test('has a checkpoint that only it writes, and that the next one finds', async () => {
    const clock = new SimulatedClock();
    const register = new MemoryRegister();
    const first = await DutySession.begin(register, clock, { ...NOBODY, holder: 'first' }, -1);
    assert.equal(await first.read(), null);
    await Promise.all([1, 2, 3].map((position) => first.write({ position, recordId: `r${position}` })));
    const { revision, entry } = (await register.read()) ?? { revision: -1, entry: NOBODY };
    const second = await DutySession.begin(register, clock, { ...entry, holder: 'second' }, revision);
    assert.deepEqual(await second.read(), { position: 3, recordId: 'r3' });
    await assert.rejects(first.write({ position: 9, recordId: 'r9' }), { code: 'LOG_REVISION_CONFLICT' });
    assert.ok(first.isLost);
    await assert.rejects(first.write({ position: 9, recordId: 'r9' }), { code: 'LOG_REVISION_CONFLICT' });
    await second.write({ position: 4, recordId: 'r4' });
    assert.equal(register.entry?.position, 4);
  });

  test('is not sure of the duty after it stood still, until it has asked', async () => {
    const clock = new SimulatedClock();
    const register = new MemoryRegister();
    const first = await DutySession.begin(register, clock, { ...NOBODY, holder: 'first' }, -1);
    assert.equal(await first.assured(), true);
    clock.advance(30_000);
    register.isAway = true;
    const answering = first.assured();
    await quiet();
    register.isAway = false;
    await register.write({ ...NOBODY, holder: 'second' }, register.revision);
    clock.advance(1_000);
    assert.equal(await answering, false);
    assert.ok(first.isLost);
    await first.end();
    assert.equal(register.entry?.holder, 'second');
  });

  test('goes on where an answer to one of its notes was lost', async () => {
    const clock = new SimulatedClock();
    const register = new MemoryRegister();
    const first = await DutySession.begin(register, clock, { ...NOBODY, holder: 'first' }, -1);
    await register.write({ holder: 'first', position: 5, recordId: 'r5' }, register.revision);
    await first.write({ position: 6, recordId: 'r6' });
    assert.deepEqual([first.isLost, register.entry?.position], [false, 6]);
  });

  test('is sure again where the duty is still its own', async () => {
    const clock = new SimulatedClock();
    const register = new MemoryRegister();
    const first = await DutySession.begin(register, clock, { ...NOBODY, holder: 'first' }, -1);
    clock.advance(30_000);
    assert.equal(await first.assured(), true);
    await first.end();
    assert.equal(await first.assured(), false);
  });
});
