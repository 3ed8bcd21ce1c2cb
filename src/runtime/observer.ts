import { DISTINCT_FIELDS, type EventView } from '../domain/event-view.ts';
import type { EventSource } from '../domain/events.ts';
import type { WhereFilter } from '../rules/mod.ts';
import { createObservation, type Observation, type WindowPlan } from '../windows/mod.ts';
import type { FieldHashes } from './field-hashes.ts';

type Filtered = { readonly bits: number; readonly where: WhereFilter };

/** Which selectors of a plan an event of one source can set: at once, and when its outcome is known. */
class SourceSelectors {
  all = 0;
  approved = 0;
  declined = 0;
  readonly filteredAll: Filtered[] = [];
  readonly filteredApproved: Filtered[] = [];
  readonly filteredDeclined: Filtered[] = [];
}

function selectorsOf(plan: WindowPlan, source: EventSource, compile: (where: string) => WhereFilter): SourceSelectors {
  const selectors = new SourceSelectors();
  const names = { all: 'filteredAll', approved: 'filteredApproved', declined: 'filteredDeclined' } as const;
  for (const [index, selector] of plan.selectors.entries()) {
    if (selector.on !== source) continue;
    const bits = 2 ** index;
    if (selector.where === null) selectors[selector.outcome] |= bits;
    else selectors[names[selector.outcome]].push({ bits, where: compile(selector.where) });
  }
  return selectors;
}

function bitsOf(event: EventView, constant: number, filtered: readonly Filtered[]): number {
  let bits = constant;
  for (const filter of filtered) if (filter.where(event)) bits |= filter.bits;
  return bits;
}

/**
 * Turns an event into what one kind's windows take. One per kind and ruleset: its observation and bits are overwritten
 * by each event, and used up in the same tick.
 */
export class Observer {
  readonly observation: Observation;
  approvedBits = 0;
  declinedBits = 0;
  readonly #hashes: FieldHashes;
  /** Places of the plan's distinct fields among all. */
  readonly #fields: readonly number[];
  readonly #sources: Record<EventSource, SourceSelectors>;
  readonly #isIdle: boolean;

  /** `hashes` may be shared by the observers of one event. */
  constructor(plan: WindowPlan, hashes: FieldHashes, compile: (where: string) => WhereFilter) {
    this.#hashes = hashes;
    this.#fields = plan.distinctFields.map((field) => DISTINCT_FIELDS.indexOf(field));
    this.#sources = {
      transaction: selectorsOf(plan, 'transaction', compile),
      login: selectorsOf(plan, 'login', compile),
      signal: selectorsOf(plan, 'signal', compile),
    };
    this.#isIdle = plan.selectors.length === 0;
    this.observation = createObservation(plan);
  }

  /**
   * Takes an event in; false where this kind has no feature. An event of a source that none looks at counts nowhere and
   * still moves the present, so that what the rules for it read is not of an earlier time. So does one that is left out
   * because it came too late.
   */
  take(event: EventView, isLeftOut = false): boolean {
    if (this.#isIdle) return false;
    const selectors = this.#sources[event.source];
    const { observation } = this;
    observation.atMs = event.occurredAtMs;
    observation.selectorBits = isLeftOut ? 0 : bitsOf(event, selectors.all, selectors.filteredAll);
    this.approvedBits = isLeftOut ? 0 : bitsOf(event, selectors.approved, selectors.filteredApproved);
    this.declinedBits = isLeftOut ? 0 : bitsOf(event, selectors.declined, selectors.filteredDeclined);
    observation.outcomeBits = this.approvedBits | this.declinedBits;
    const { numbers, values } = observation;
    for (let index = 0; index < numbers.length; index++) numbers[index] = event.amountMinor;
    for (let index = 0; index < values.length; index++) {
      values[index] = this.#hashes.of(event, this.#fields[index] ?? 0);
    }
    observation.latitude = event.latitude;
    observation.longitude = event.longitude;
    return true;
  }
}
