import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PalisadeError } from '../../../src/domain/errors.ts';
import type { CallOrigin } from '../../../src/ports/cluster.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../../../src/ports/engine.ts';
import { OwnerDoor } from '../../../src/runtime/cluster/owner-door.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { quiet } from '../../support/saga-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const ANSWER: AuthorizeAnswer = { body: '{}', outcome: 'approve', mode: 'full', repeated: false };
const BUSY = new PalisadeError('ACTOR_CONFLICT', 'Cannot decide now as another writer kept winning. Try again.');
const WRONG = new PalisadeError('TRANSACTION_CONFLICT', 'Cannot decide as the id had another body. Use another id.');

type Begun = { readonly end: (failure: PalisadeError | null) => void };

/** A cluster whose calls end when a test says so, in any order and either way. */
class HeldCluster {
  readonly origins: CallOrigin[] = [];
  readonly decided: string[] = [];
  readonly underWay: Begun[] = [];

  authorize({ transaction }: AuthorizeCommand, origin: CallOrigin): Promise<AuthorizeAnswer> {
    this.origins.push(origin);
    const { promise, resolve, reject } = Promise.withResolvers<AuthorizeAnswer>();
    const end = (failure: PalisadeError | null): void => {
      if (failure === null) {
        this.decided.push(transaction.transactionId);
        resolve(ANSWER);
      } else reject(failure);
    };
    this.underWay.push({ end });
    return promise;
  }

  async endOne(random: SeededRandom, failure: PalisadeError | null): Promise<void> {
    const at = random.integer(0, this.underWay.length - 1);
    this.underWay.splice(at, 1)[0]?.end(failure);
    await quiet();
  }
}

function commandOf(id: string): AuthorizeCommand {
  const [cardId = ''] = id.split('-');
  const transaction = transactionOf(id, { cardId });
  return { transaction, text: JSON.stringify(transaction), receivedAtMs: 0, deadlineMs: 60_000 };
}

describe('transactions of a topic at a node of a cluster', () => {
  test('are decided in the order of each card, whatever fails and comes again', async () => {
    const cards = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(cards, fc.nat(), async (wanted, seed) => {
        const cluster = new HeldCluster();
        const door = new OwnerDoor(cluster, 'pk_peer');
        const random = new SeededRandom(seed);
        const sent = wanted.map((card, index) => `${card}-${index}`);
        for (let open = sent; open.length > 0; ) {
          const outcomes = open.map((id) =>
            door.authorize(commandOf(id)).then(
              () => null,
              () => id,
            ),
          );
          await quiet();
          while (cluster.underWay.length > 0) await cluster.endOne(random, random.chance(0.2) ? BUSY : null);
          open = (await Promise.all(outcomes)).filter((id) => id !== null);
        }
        for (const card of ['a-', 'b-', 'c-']) {
          const ofCard = (id: string): boolean => id.startsWith(card);
          assert.deepEqual(cluster.decided.filter(ofCard), sent.filter(ofCard));
        }
        assert.ok(cluster.origins.every(({ isForwarded, credential }) => !isForwarded && credential === 'pk_peer'));
      }),
      { numRuns: 60 },
    );
  });

  test('do not wait for one of their card that can never be decided', async () => {
    const cluster = new HeldCluster();
    const door = new OwnerDoor(cluster, null);
    const random = new SeededRandom(1);
    const refused = assert.rejects(door.authorize(commandOf('a-1')), { code: 'TRANSACTION_CONFLICT' });
    const next = door.authorize(commandOf('a-2'));
    await quiet();
    await cluster.endOne(random, WRONG);
    await cluster.endOne(random, null);
    await refused;
    assert.deepEqual([await next, cluster.decided], [ANSWER, ['a-2']]);
  });
});
