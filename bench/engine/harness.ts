import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/system/system-random.ts';
import { DEFAULT_ENGINE_SETTINGS, DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { ACTOR_DEFINITIONS } from '../../src/cli/entity-actors.ts';
import { parseTransaction } from '../../src/codec/mod.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { type ActorEngine, createEngine } from '../../src/runtime/actor-engine.ts';
import type { EngineSettings } from '../../src/runtime/engine-parts.ts';

/** An engine over a real event log in a temporary folder, without HTTP. */
export type EngineHarness = {
  readonly engine: ActorEngine;
  readonly log: EventLog;
  readonly directory: string;
  close(): Promise<void>;
};

const QUIET = { info: () => {}, warn: () => {}, error: () => {} };
const DEADLINE_MS = 600_000;

/** Makes a temporary folder, and the way to be rid of it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'palisade-bench-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}

/** The default ruleset with every rule off: its features are kept up to date, and no rule ever has a hit to tell of. */
export async function rulesetWithoutRules(): Promise<string> {
  const document = parseDocument(await readFile(DEFAULT_RULESET_FILE, 'utf8'));
  const rules = document.get('rules');
  if (!isSeq(rules)) throw new Error('The default ruleset has no rules');
  for (const rule of rules.items) if (isMap(rule)) rule.set('state', 'off');
  return String(document);
}

/** Opens an engine over the log of a folder; `rulesetText` null for the default ruleset. */
export async function openHarness(
  directory: string,
  settings: Partial<EngineSettings> = {},
  rulesetText: string | null = null,
): Promise<EngineHarness> {
  const log = await openSqliteEventLog({ directory });
  const engine = await createEngine({
    log,
    clock: createSystemClock(),
    random: createSystemRandom(),
    logger: QUIET,
    definitions: ACTOR_DEFINITIONS,
    settings: { ...DEFAULT_ENGINE_SETTINGS, ...settings },
    rulesetText,
    fallbackRulesetText: await readFile(DEFAULT_RULESET_FILE, 'utf8'),
  });
  return { engine, log, directory, close: () => log.close() };
}

/** Sends one payment through the engine as the HTTP door does: parse, then authorize. */
export function authorizeText(engine: ActorEngine, text: string): Promise<unknown> {
  const transaction = parseTransaction(text, Date.now());
  return engine.authorize({ transaction, text, receivedAtMs: performance.now(), deadlineMs: DEADLINE_MS });
}

/** Texts that are made at a time, just before they are sent: as bodies from a socket they are still in the cache. */
const CHUNK = 512;

/**
 * Sends payments, `concurrency` of them under way at any time, as that many connections would. Answers the CPU time of
 * this thread, µs per payment, without what it takes to make the texts.
 */
export async function pour(
  engine: ActorEngine,
  count: number,
  concurrency: number,
  textOf: (index: number) => string,
): Promise<number> {
  let spentUs = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const texts = Array.from({ length: Math.min(CHUNK, count - first) }, (_, index) => textOf(first + index));
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let text = texts[next++]; text !== undefined; text = texts[next++]) await authorizeText(engine, text);
    };
    const before = process.threadCpuUsage();
    await Promise.all(Array.from({ length: concurrency }, lane));
    const { user, system } = process.threadCpuUsage(before);
    spentUs += user + system;
  }
  return spentUs / count;
}
