import { isPalisadeError } from '../../domain/errors.ts';
import type { CallOrigin, Cluster } from '../../ports/cluster.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../../ports/engine.ts';

/** What a card has under way and waiting. */
type Lane = { count: number; over: Promise<void>; failure: unknown };

/**
 * Brings transactions that came in an order, as from a topic, to the owners of their cards in that order: those of a
 * card one after the other. Where one could not be decided, those behind it are refused for the same reason, so that
 * it comes before them when they come again.
 */
export class OwnerDoor {
  readonly #cluster: Pick<Cluster, 'authorize'>;
  readonly #origin: CallOrigin;
  readonly #lanes = new Map<string, Lane>();

  /** `credential` is the key with which the node calls the others; null where they ask for none. */
  constructor(cluster: Pick<Cluster, 'authorize'>, credential: string | null) {
    this.#cluster = cluster;
    this.#origin = { isForwarded: false, credential };
  }

  /** As `Cluster.authorize`, in the order of the calls for each card. */
  authorize(command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    const { cardId } = command.transaction;
    const lane = this.#lanes.get(cardId) ?? { count: 0, over: Promise.resolve(), failure: null };
    if (lane.count === 0) this.#lanes.set(cardId, lane);
    lane.count += 1;
    const answer = lane.over.then(() => {
      if (lane.failure !== null) throw lane.failure;
      return this.#cluster.authorize(command, this.#origin);
    });
    lane.over = answer.then(
      () => this.#ended(cardId, lane),
      (error: unknown) => {
        // One that is at fault itself never comes again: the others need not wait for it.
        if (!isPalisadeError(error) || error.retry !== 'never') lane.failure ??= error;
        this.#ended(cardId, lane);
      },
    );
    return answer;
  }

  #ended(cardId: string, lane: Lane): void {
    lane.count -= 1;
    if (lane.count === 0) this.#lanes.delete(cardId);
  }
}
