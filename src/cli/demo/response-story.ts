import { createApiClient } from '../api-client.ts';
import { countText } from '../number-words.ts';
import { historyText } from '../saga-commands.ts';
import { isEventRecord } from '../traffic/traffic-item.ts';

/** What is told of, and how it is called. */
const STORIES = [
  { kind: 'freeze-card', title: 'A card is frozen', state: 'frozen', subject: 'card' },
  { kind: 'invalidate-sessions', title: 'All sessions of an account are ended', state: 'revoked', subject: 'account' },
] as const;

/** Steps that are told of one saga. */
const STEPS_SHOWN = 8;

type Report = Readonly<Record<string, unknown>>;
type Client = ReturnType<typeof createApiClient>;

/**
 * What the engine did about what it saw: how many responses ended, and a freeze and an end of sessions from the first
 * event to the confirmation, with times. '' where no saga ran.
 */
export async function responseStory(url: string, key: string | null): Promise<string> {
  const client = createApiClient(url, key);
  const parts: string[] = [];
  for (const { kind, title, state, subject } of STORIES) {
    const answer = await client.call('GET', `/v1/sagas?kind=${kind}&state=${state}&limit=1000`);
    const sagas = (Array.isArray(answer.sagas) ? answer.sagas : []).filter(isEventRecord);
    const last = sagas.at(-1);
    if (last === undefined) continue;
    const report = firstRun(await client.call('GET', `/v1/sagas/${kind}/${encodeURIComponent(String(last.id))}`));
    const first = await decidedText(client, report);
    parts.push(
      `   ${title}: ${subject} ${String(last.id)}, one of ${countText(sagas.length)}\n`,
      `${first}\n${historyText(report)}\n`,
    );
  }
  return parts.join('');
}

/** The steps of the first run, to its end. */
function firstRun(report: Report): Report {
  const history = (Array.isArray(report.history) ? report.history : []).filter(isEventRecord);
  return { ...report, history: history.filter(({ run }) => run === 1).slice(0, STEPS_SHOWN) };
}

/** When the event came that the saga was asked for by, before the first step of it. */
async function decidedText(client: Client, report: Report): Promise<string> {
  const history = (Array.isArray(report.history) ? report.history : []).filter(isEventRecord);
  const first = history[0];
  const stimulus = isEventRecord(first?.stimulus) ? first.stimulus : {};
  const cause = isEventRecord(stimulus.cause) ? stimulus.cause : {};
  const reference = String(cause.reference);
  const confirmed = history.find(({ stimulus: each }) => isEventRecord(each) && each.type === 'confirmation');
  const startMs = reference.startsWith('t:') ? await decidedMs(client, reference.slice(2)) : null;
  const endMs = Date.parse(String((confirmed ?? history.at(-1))?.at));
  const fromMs = startMs ?? Date.parse(String(first?.at));
  const what = startMs === null ? 'the event was recorded' : `payment ${reference.slice(2)} was decided`;
  return `     ${what}, and ${Math.max(0, endMs - fromMs)} ms later the other side had confirmed:\n`;
}

async function decidedMs(client: Client, transactionId: string): Promise<number | null> {
  const decision = await client.call('GET', `/v1/authorizations/${encodeURIComponent(transactionId)}`);
  const atMs = Date.parse(String(decision.decidedAt));
  return Number.isNaN(atMs) ? null : atMs;
}
