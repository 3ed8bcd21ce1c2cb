import { parseSideEvent, parseTransaction } from '../../src/codec/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { hold } from './invariant-violation.ts';
import { randomSideEvent, randomTransaction } from './random-traffic.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const CARD_NUMBER = '4111111111111111';

/** The text of a valid object with something wrong about it. */
function spoiled(random: SeededRandom, text: string, nowMs: number): string {
  const object: Record<string, unknown> = JSON.parse(text);
  const [name = ''] = random.pick(Object.entries(object));
  switch (random.integer(0, 8)) {
    case 0:
      return text.slice(0, random.integer(0, text.length - 1));
    case 1:
      return text.replace('{', `{"${name}":0,`);
    case 2:
      return text.replace('{', '{"__proto__":{},');
    case 3:
      return JSON.stringify({ ...object, nobody: 1 });
    case 4:
      return JSON.stringify({ ...object, [name]: [object[name]] });
    case 5:
      return text.replace('{', '{"note":-0,');
    case 6:
      return JSON.stringify({ ...object, occurredAt: new Date(nowMs + 3_600_000).toISOString() });
    case 7:
      return JSON.stringify({ ...object, cardId: CARD_NUMBER });
    default:
      return random.pick(['', 'null', '[]', '7', '"text"', '{}', `${'['.repeat(50)}${']'.repeat(50)}`]);
  }
}

function pictureOf({ engine, log }: SimulatedWorld): string {
  const { residentActors, decisions, waitingCommands, pendingCommits } = engine.statistics();
  const { appendedCount } = log.statistics();
  const shared = [engine.lists(), engine.suppressions(), engine.ruleset().version];
  return JSON.stringify([shared, residentActors, decisions, waitingCommands, pendingCommits, appendedCount]);
}

/** Sends what a door would: reads the text, and hands the engine what was read. */
function send(world: SimulatedWorld, text: string, isTransaction: boolean): void {
  const nowMs = world.clock.nowMs();
  if (!isTransaction) {
    void world.engine.record(parseSideEvent(text, nowMs));
    return;
  }
  const transaction = parseTransaction(text, nowMs);
  void world.engine.authorize({ transaction, text, receivedAtMs: world.clock.monotonicMs(), deadlineMs: 1000 });
}

/** Bad input gets an error that says whose fault it is, and changes nothing (I9). */
export function sendBadInput(world: SimulatedWorld): void {
  const { random, clock } = world;
  const nowMs = clock.nowMs();
  const isTransaction = random.chance(0.6);
  const name = `bad-${world.counts.badInputs++}`;
  const good = isTransaction ? randomTransaction(random, name, nowMs) : randomSideEvent(random, name, nowMs);
  const text = spoiled(random, JSON.stringify(good), nowMs);
  const before = pictureOf(world);
  let answer: unknown = null;
  try {
    send(world, text, isTransaction);
  } catch (error) {
    answer = error;
  }
  const isTold = isPalisadeError(answer) && answer.status >= 400 && answer.status < 500 && answer.retry === 'never';
  hold('I9', isTold, () => `${text} was answered with ${String(answer)}`);
  hold('I9', pictureOf(world) === before, () => `${text} changed something`);
}

/** A ruleset and a suppression that are not valid are refused, and what is in force stays. */
export function sendBadChange(world: SimulatedWorld): void {
  const { engine, random } = world;
  world.counts.badInputs += 1;
  const before = pictureOf(world);
  const { text } = engine.ruleset();
  const broken = random.pick([text.replace('outcome: decline', 'outcome: deny'), text.slice(0, 30), '', 'rules: [']);
  const suppression = { ruleId: 'nobody', kind: 'card', id: 'c1', untilMs: 0, note: '' };
  const change: Promise<unknown> = random.chance(0.6)
    ? engine.publishRuleset(broken)
    : engine.setSuppression(suppression);
  hold('I9', pictureOf(world) === before, () => 'a bad change counted before it was refused');
  world.call(
    'bad change',
    change,
    () => hold('I9', false, () => 'a bad change was taken'),
    (error) => isPalisadeError(error, 'RULESET_INVALID') || isPalisadeError(error, 'REQUEST_INVALID'),
  );
}
