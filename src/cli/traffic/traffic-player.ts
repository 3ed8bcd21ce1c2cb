import { decisionSchema } from '../../codec/response-schemas.ts';
import type { Decision } from '../../domain/decision.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RetryingSender, TimedAnswer } from '../retrying-sender.ts';
import { OrderedDispatch } from './ordered-dispatch.ts';
import { Tally, type TrafficReport } from './tally.ts';
import type { TrafficItem } from './traffic-item.ts';

const REFUSALS_KEPT = 5;
const STATUS_OK_MAX = 299;
const STATUSES_FATAL: readonly number[] = [401, 403, 404];

/** An event that the engine refused, and what it said. */
export type Refusal = { readonly number: number; readonly status: number; readonly answer: string };

export type PlayerOptions = {
  readonly sender: RetryingSender;
  readonly concurrency: number;
  readonly lookahead: number;
  /** Called for every decision, in the order of the input. */
  readonly onDecision?: (item: TrafficItem, decision: Decision) => void;
};

/** Plays traffic against the engine, in order for each entity, and adds up the answers. */
export class TrafficPlayer {
  readonly #tally = new Tally();
  readonly #dispatch: OrderedDispatch<TrafficItem, TimedAnswer>;
  readonly #onDecision: PlayerOptions['onDecision'];
  readonly #refusals: Refusal[] = [];
  #answered = 0;

  constructor(options: PlayerOptions) {
    const { sender, concurrency, lookahead } = options;
    this.#onDecision = options.onDecision;
    this.#dispatch = new OrderedDispatch({
      concurrency,
      lookahead,
      send: (item) => sender.post(item.path, item.body),
      onAnswer: (item, answer) => this.#take(item, answer),
    });
  }

  /** Events answered so far. */
  get answered(): number {
    return this.#answered;
  }

  /** The first few events that were refused. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Takes an event in. Throws PalisadeError once the engine cannot be reached or lets this caller do nothing. */
  push(item: TrafficItem): void {
    this.#dispatch.push(item);
  }

  /** Resolves when there is room for another event. */
  room(): Promise<void> {
    return this.#dispatch.room();
  }

  /** Resolves with what was counted when everything has been answered. Call once. */
  async finish(): Promise<TrafficReport> {
    await this.#dispatch.drained();
    return this.#tally.report();
  }

  #take(item: TrafficItem, answer: TimedAnswer): void {
    this.#answered++;
    if (STATUSES_FATAL.includes(answer.status)) throw notAllowed(item, answer);
    if (answer.status > STATUS_OK_MAX) {
      this.#tally.addRefusal();
      const refusal = { number: this.#answered, status: answer.status, answer: answer.body.slice(0, 400) };
      if (this.#refusals.length < REFUSALS_KEPT) this.#refusals.push(refusal);
      return;
    }
    if (item.path === '/v1/events') {
      this.#tally.addSideEvent();
      return;
    }
    const decision = readDecision(answer.body);
    this.#tally.addDecision(item, decision, answer.latencyMs);
    this.#onDecision?.(item, decision);
  }
}

function readDecision(body: string): Decision {
  try {
    return decisionSchema.parse(JSON.parse(body));
  } catch (cause) {
    throw new PalisadeError(
      'REQUEST_MALFORMED',
      `Cannot read an answer as it is no decision: ${body.slice(0, 200)}. Check that --url is a Palisade engine.`,
      { cause },
    );
  }
}

function notAllowed(item: TrafficItem, answer: TimedAnswer): PalisadeError {
  const code = answer.status === 401 ? 'AUTH_INVALID' : answer.status === 403 ? 'AUTH_SCOPE' : 'REQUEST_NOT_FOUND';
  return new PalisadeError(
    code,
    `Cannot go on as POST ${item.path} is answered with ${answer.status}: ${answer.body.slice(0, 300)}. ` +
      'Correct --url, or pass a key with the scopes authorize and events by --key.',
  );
}
