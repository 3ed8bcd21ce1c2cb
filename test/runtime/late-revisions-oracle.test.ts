import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isoAt, loginOf } from '../support/event-builders.ts';
import { MINUTE_MS, pay, reviewed, revisionOf, rulesetOf, startReviewed, windowsOf } from '../support/reviewed-rig.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

/** An event as it arrived, and for a payment what counts of it by now. */
type Arrival = {
  readonly id: string;
  readonly atMs: number;
  readonly card: string | null;
  readonly account: string;
  readonly isFailedLogin: boolean;
  counts: 'approve' | 'decline' | null;
  isRevised: boolean;
};

const WINDOW_MS = 10 * MINUTE_MS;
const REFUSED = '  - { id: refused, when: card.declined_10m >= 2, outcome: decline, reason: REFUSED }';

/** What the rules of the test say, from their definition: over plain lists, with no window kept between events. */
class Oracle {
  readonly arrivals: Arrival[] = [];

  /** Takes an event in, then looks again at what a late one may change: as the handbook words it. */
  take(event: Arrival): void {
    const index = this.arrivals.push(event) - 1;
    if (event.card !== null) event.counts = this.#saysOf(index, []);
    if (this.#isOvertaken(index)) this.#review(index);
  }

  #review(cause: number): void {
    const late = this.#at(cause);
    const affected = this.arrivals.flatMap((one, index) => {
      const isShared = late.card === null ? late.isFailedLogin && one.account === late.account : one.card === late.card;
      const isIn = one.atMs >= late.atMs && one.atMs <= late.atMs + WINDOW_MS;
      return isShared && isIn && index < cause && one.counts === 'approve' ? [index] : [];
    });
    for (const index of affected.slice(-20)) {
      const one = this.#at(index);
      const later = this.arrivals.filter((_, other) => other > index && other <= cause && this.#isOvertaken(other));
      if (
        this.#saysOf(
          index,
          later.filter(({ atMs }) => atMs <= one.atMs),
        ) === 'approve'
      )
        continue;
      one.counts = 'decline';
      one.isRevised = true;
    }
  }

  #saysOf(index: number, late: readonly Arrival[]): 'approve' | 'decline' {
    const own = this.#at(index);
    const known = [...this.arrivals.slice(0, index), ...late, own];
    const windowOf = (isOf: (one: Arrival) => boolean): Arrival[] => {
      const all = known.filter(isOf);
      const nowMs = Math.max(...all.map(({ atMs }) => atMs));
      return all.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
    };
    const payments = windowOf(({ card }) => card === own.card);
    const failed = windowOf(({ account }) => account === own.account).filter(({ isFailedLogin }) => isFailedLogin);
    const declined = payments.filter((one) => one !== own && one.counts === 'decline');
    return payments.length >= 4 || failed.length >= 3 || declined.length >= 2 ? 'decline' : 'approve';
  }

  #isOvertaken(index: number): boolean {
    const own = this.#at(index);
    return this.arrivals.some((one, other) => {
      const isShared = one.account === own.account || (own.card !== null && one.card === own.card);
      return other < index && isShared && one.atMs > own.atMs;
    });
  }

  #at(index: number): Arrival {
    return this.arrivals[index] ?? assert.fail('no such event');
  }
}

/** Some minutes of two cards of three accounts; every other event comes up to six minutes late. */
function arrivalsOf(random: SeededRandom): Arrival[] {
  return Array.from({ length: 45 }, (_, index) => {
    const lateMs = random.chance(0.5) ? random.integer(1, 360_000) : 0;
    const isLogin = random.chance(0.3);
    return {
      id: `e${index}`,
      atMs: SIMULATION_START_MS + index * 70_000 - lateMs,
      card: isLogin ? null : random.pick(['card-1', 'card-2', 'card-3']),
      account: random.pick(['account-1', 'account-2']),
      isFailedLogin: isLogin && random.chance(0.7),
      counts: null,
      isRevised: false,
    };
  });
}

describe('late events in any order', () => {
  test('revise the approvals that a computation over plain lists takes back, and no other', async () => {
    let revisions = 0;
    let stood = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const rig = await startReviewed(rulesetOf('{ late: correct }', [REFUSED]));
      const oracle = new Oracle();
      for (const arrival of arrivalsOf(new SeededRandom(seed))) {
        oracle.take(arrival);
        const { id, atMs, card, account: accountId, isFailedLogin } = arrival;
        const minute = (atMs - SIMULATION_START_MS) / MINUTE_MS;
        if (card === null) {
          const status = isFailedLogin ? 'failed' : 'succeeded';
          await rig.engine.record(loginOf(id, { accountId, status, occurredAt: isoAt(atMs) }));
        } else await pay(rig, id, minute, { cardId: card, accountId });
        await reviewed(rig);
      }
      for (const { id, card, counts, isRevised } of oracle.arrivals) {
        if (card === null) continue;
        const revision = await revisionOf(rig, id);
        assert.equal(revision !== null, isRevised, `seed ${seed}, ${id}`);
        const told = JSON.parse((await rig.engine.findDecision(id)) ?? '');
        assert.equal(revision?.decision.outcome ?? told.outcome, counts, `seed ${seed}, ${id}`);
        if (isRevised) revisions += 1;
      }
      const { unclear, failed, kept } = rig.engine.statistics().lateReviews;
      assert.deepEqual({ unclear, failed }, { unclear: 0, failed: 0 }, `seed ${seed}`);
      stood += kept;
      const crashed = await startReviewed(null, { log: rig.log.crash() });
      assert.deepEqual(await windowsOf(crashed, 'card-1'), await windowsOf(rig, 'card-1'), `seed ${seed}`);
    }
    assert.ok(revisions > 20 && stood > 20, `too little happened: ${revisions} revised, ${stood} stood`);
  });
});
