import { COUNTRY_CODES } from '../../codec/mod.ts';
import type { Assessment, Outcome } from '../../domain/decision.ts';
import type { Transaction } from '../../domain/events.ts';
import { AMOUNT_MINOR_MAX } from '../../domain/limits.ts';
import type { Counterfactual } from '../../ports/laboratory.ts';
import type { PastWorld } from './past-world.ts';

/** Ratio of one probed distance to the one before: between two of them, what flips and flips back is not seen. */
const PROBE_RATIO = 1.25;
const LATER_SECONDS_MAX = 90 * 86_400;

type Trial = (transaction: Transaction) => Assessment;

/**
 * The smallest change of amount, of time, and of place that makes another outcome of a decision. Each was decided by
 * the same rules over the same rebuilt actors; the step next to it, towards the transaction as it was, leaves the
 * outcome. Amounts and times are searched outwards in growing steps, then halved; every country is tried. The later
 * time supposes that nothing else happens in between.
 */
export async function findCounterfactuals(
  world: PastWorld,
  transaction: Transaction,
  outcome: Outcome,
): Promise<readonly Counterfactual[]> {
  const trial: Trial = (changed) => world.assess(changed).assessment;
  const found = [...ofAmount(trial, transaction, outcome), ...ofTime(trial, transaction, outcome)];
  return [...found, ...(await ofPlace(world, trial, transaction, outcome))];
}

/** The least distance from 1 to `max` at which a test holds, and holds not one before; null where none was met. */
function leastDistance(max: number, test: (distance: number) => boolean): number | null {
  let before = 0;
  for (let distance = 1; before < max; distance = Math.min(max, Math.ceil(distance * PROBE_RATIO))) {
    if (test(distance)) {
      let [low, high] = [before, distance];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (test(middle)) high = middle;
        else low = middle;
      }
      return high;
    }
    before = distance;
  }
  return null;
}

function ofAmount(trial: Trial, transaction: Transaction, outcome: Outcome): Counterfactual[] {
  const { amountMinor, currency } = transaction;
  const withAmount = (changed: number): Transaction => ({ ...transaction, amountMinor: changed });
  return [-1, 1].flatMap((sign) => {
    const max = sign < 0 ? Math.max(0, amountMinor - 1) : Math.min(AMOUNT_MINOR_MAX - amountMinor, amountMinor * 1000);
    const distance = leastDistance(max, (by) => trial(withAmount(amountMinor + sign * by)).outcome !== outcome);
    if (distance === null) return [];
    const changed = amountMinor + sign * distance;
    const summary = `amountMinor ${changed} instead of ${amountMinor}, in ${currency}`;
    return [counterfactual('amount', summary, { amountMinor: changed }, trial(withAmount(changed)))];
  });
}

function ofTime(trial: Trial, transaction: Transaction, outcome: Outcome): Counterfactual[] {
  const { occurredAt } = transaction;
  const withTime = (seconds: number): Transaction => ({ ...transaction, occurredAt: later(occurredAt, seconds) });
  const seconds = leastDistance(LATER_SECONDS_MAX, (by) => trial(withTime(by)).outcome !== outcome);
  if (seconds === null) return [];
  const changed = withTime(seconds);
  const summary = `${seconds} s later, with nothing in between`;
  return [counterfactual('time', summary, { occurredAt: changed.occurredAt }, trial(changed))];
}

/** A time so many seconds later, with the same offset, as the local hour is what some rules read. */
function later(occurredAt: string, seconds: number): string {
  const offset = /(Z|[+-]\d\d:\d\d)$/.exec(occurredAt)?.[0] ?? 'Z';
  const minutes =
    offset === 'Z' ? 0 : Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  const shifted = new Date(Date.parse(occurredAt) + seconds * 1000 + minutes * 60_000).toISOString();
  return shifted.replace('Z', offset);
}

/** Countries first that the transaction itself names: they are the likely ones, and all are as near as each other. */
async function ofPlace(
  world: PastWorld,
  trial: Trial,
  transaction: Transaction,
  outcome: Outcome,
): Promise<Counterfactual[]> {
  const { location: _, country, ...unplaced } = transaction;
  const named = [
    transaction.ipCountry,
    transaction.billingCountry,
    transaction.binCountry,
    transaction.shippingCountry,
  ];
  const homes = world
    .slotsOf(transaction)
    .map((slot) => slot.live?.snapshot.state.profile.stated.newest.homeCountry ?? '');
  const candidates = new Set([...homes, ...named.map((each) => each ?? ''), ...COUNTRY_CODES]);
  candidates.delete('');
  candidates.delete(country ?? '');
  const found: Counterfactual[] = [];
  if (transaction.location !== undefined) {
    const changed: Transaction = country === undefined ? unplaced : { ...unplaced, country };
    const assessment = trial(changed);
    const members = { latitude: null, longitude: null };
    if (assessment.outcome !== outcome) found.push(counterfactual('place', 'no location', members, assessment));
  }
  for (const candidate of candidates) {
    const changed: Transaction = { ...unplaced, country: candidate };
    await world.prepare(changed);
    const assessment = trial(changed);
    if (assessment.outcome === outcome) continue;
    const summary = `country ${candidate} instead of ${country ?? 'none'}, without a location`;
    const members = { country: candidate, latitude: null, longitude: null };
    return [...found, counterfactual('place', summary, members, assessment)];
  }
  return found;
}

function counterfactual(
  change: Counterfactual['change'],
  summary: string,
  members: Counterfactual['members'],
  { outcome, score, reasons }: Assessment,
): Counterfactual {
  return { change, summary, members, outcome, score, reasons: reasons.map(({ code }) => code) };
}
