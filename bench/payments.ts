/** Start of the simulated traffic: in the past, so that no time stamp is ever too far in the future. */
const START_MS = Date.UTC(2026, 0, 5);

/** Payments a day of an ordinary card in the simulated traffic. */
const PAYMENTS_A_DAY = 4;

/** Time between two payments, ms, when so many cards pay as often as ordinary ones do. */
export function ordinaryStepMs(cards: number): number {
  return (24 * 3_600_000) / (cards * PAYMENTS_A_DAY);
}

/** JSON of an ordinary payment, about 550 bytes. `card` picks card, account, device and address; time is by `index`. */
export function paymentText(index: number, card: number, prefix: string, stepMs: number): string {
  const occurredAt = new Date(START_MS + index * stepMs).toISOString().replace('Z', '+00:00');
  const amountMinor = 900 + ((index * 7919) % 8000);
  const address = `10.${(card >> 16) & 255}.${(card >> 8) & 255}.${card & 255}`;
  return (
    `{"transactionId":"${prefix}-${index}","type":"purchase","occurredAt":"${occurredAt}",` +
    `"cardId":"card-${card}","accountId":"account-${card}","deviceId":"device-${card}",` +
    `"merchantId":"merchant-${(card * 31 + index) % 500}","ip":"${address}","amountMinor":${amountMinor},` +
    `"currency":"EUR","channel":"ecommerce","country":"DE","mcc":"5411",` +
    `"location":{"latitude":${52.4 + (card % 10) / 100},"longitude":13.4},"bin":"424242","binCountry":"DE",` +
    `"ipCountry":"DE","billingCountry":"DE","avsResult":"match","cvvResult":"match",` +
    `"threeDSecureResult":"authenticated"}`
  );
}

/** Deterministic numbers in [0, 1): a multiplicative congruential generator modulo 2^31 - 1 (Park and Miller, 1988). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * Picks entities by activity as a Zipf law of exponent 1 has it: the n-th most active appears in proportion to 1/n.
 * By inversion of the harmonic integral, O(1). Ranks are scattered over the ids, so that neighbours are no cluster.
 */
export function zipfPicker(count: number, seed: number): () => number {
  const random = randomNumbers(seed);
  const span = Math.log(count + 1);
  return () => {
    const rank = Math.min(count - 1, Math.floor(Math.exp(random() * span)) - 1);
    return (rank * 2_654_435_761) % count;
  };
}
