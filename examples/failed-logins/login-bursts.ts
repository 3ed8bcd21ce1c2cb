import type { Login } from '../../src/domain/events.ts';
import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type Label, type LabelledEvent, timeText } from '../kit/labelled-event.ts';

const START_MS = Date.UTC(2026, 1, 10, 9);
const MINUTE_MS = 60_000;
const MINUTES = 40;
const ACCOUNTS = 60;
const BURSTS_OF_A_KIND = 4;

/** Events may come so late; senders repeat some. */
export const LOGIN_DISORDER = { lateShare: 0.3, latenessMs: 5_000, repeatShare: 0.1 } as const;

/** Makes logins of one account. */
class LoginWriter {
  readonly events: LabelledEvent[] = [];

  add(accountId: string, ip: string, status: Login['status'], atMs: number, label: Label): void {
    const eventId = `login-${this.events.length + 1}`;
    this.events.push({
      event: { type: 'login', eventId, occurredAt: timeText(atMs), accountId, ip, status },
      label,
    });
  }
}

function minuteStart(minute: number): number {
  return START_MS + minute * MINUTE_MS;
}

/** Four to six addresses fail within one minute of the clock. */
function burstInside(writer: LoginWriter, random: RandomSource, accountId: string, label: Label): void {
  const startMs = minuteStart(random.integer(5, MINUTES - 2)) + 4_000;
  const attempts = random.integer(4, 6);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const atMs = startMs + attempt * 9_000 + random.integer(0, 2_000);
    writer.add(accountId, `203.0.113.${random.integer(1, 60) * 4 + (attempt % 4)}`, 'failed', atMs, label);
  }
}

/** Two or three addresses fail before the full minute and two or three after it: at most three in either minute. */
function burstAcross(writer: LoginWriter, random: RandomSource, accountId: string, label: Label): void {
  const boundaryMs = minuteStart(random.integer(5, MINUTES - 2));
  const before = random.integer(2, 3);
  const addresses = before + random.integer(2, 3);
  for (let attempt = 0; attempt < addresses; attempt++) {
    const atMs = boundaryMs + (attempt - before) * 9_000 + random.integer(500, 4_000);
    writer.add(accountId, `198.51.100.${20 + attempt}`, 'failed', atMs, label);
  }
}

/** People who mistype at home and on the way, and what only looks like an attack. */
function everydayLogins(writer: LoginWriter, random: RandomSource): void {
  for (let account = 0; account < ACCOUNTS; account++) {
    const visits = random.integer(0, 4);
    for (let visit = 0; visit < visits; visit++) {
      const atMs = START_MS + random.integer(0, MINUTES * MINUTE_MS);
      const slips = random.chance(0.4) ? random.integer(1, 3) : 0;
      for (let slip = 0; slip < slips; slip++) {
        writer.add(`acc-${account}`, `192.0.2.${account + 1}`, 'failed', atMs + slip * 4_000, HONEST);
      }
      writer.add(`acc-${account}`, `192.0.2.${account + 1}`, 'succeeded', atMs + slips * 4_000, HONEST);
    }
  }
  const boundaryMs = minuteStart(20);
  for (let attempt = 0; attempt < 9; attempt++) {
    writer.add('acc-three-addresses', `192.0.2.${100 + (attempt % 3)}`, 'failed', boundaryMs + attempt * 5_000, HONEST);
  }
  for (let attempt = 0; attempt < 4; attempt++) {
    writer.add('acc-exactly-a-minute', `192.0.2.${110 + attempt}`, 'failed', boundaryMs + attempt * 20_000, HONEST);
  }
}

/** Logins of forty minutes with bursts inside a minute of the clock and across one, in the order of arrival. */
export function generateLogins(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'failed-logins');
  const writer = new LoginWriter();
  everydayLogins(writer, random);
  for (let number = 1; number <= BURSTS_OF_A_KIND; number++) {
    burstInside(writer, random, `acc-inside-${number}`, campaignOf('burst-inside', number));
    burstAcross(writer, random, `acc-across-${number}`, campaignOf('burst-across', number));
  }
  return arrivalOrder(writer.events, LOGIN_DISORDER, random);
}
