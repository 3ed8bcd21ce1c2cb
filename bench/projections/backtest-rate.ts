import { readFile } from 'node:fs/promises';
import { DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { ACTOR_DEFINITIONS } from '../../src/cli/entity-actors.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import { parseRuleset } from '../../src/rules/mod.ts';
import { Backtest } from '../../src/runtime/lab/backtest.ts';
import { openHarness, pour, temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 1_000;
const PAGE_RECORDS = 1_000;

/** Transactions that a backtest of the shipped ruleset decides in a CPU second, from the records of a log. */
export async function measureBacktest({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const count = quick ? 5_000 : 50_000;
  const runs = quick ? 3 : 7;
  const folder = await temporaryFolder();
  const harness = await openHarness(folder.path);
  const parsed = parseRuleset(await readFile(DEFAULT_RULESET_FILE, 'utf8'));
  if (!parsed.ok) throw new Error('The shipped ruleset is not valid');
  const rates: number[] = [];
  try {
    await pour(harness.engine, count, 64, (index) => paymentText(index, index % CARDS, 'b', ordinaryStepMs(CARDS)));
    const records: StoredRecord[] = [];
    for (let page = await harness.log.readAll(0, PAGE_RECORDS); page.length > 0; ) {
      records.push(...page);
      page = await harness.log.readAll(page.at(-1)?.position ?? 0, PAGE_RECORDS);
    }
    for (let run = -1; run < runs; run++) {
      const backtest = new Backtest(parsed.ruleset, ACTOR_DEFINITIONS);
      const before = process.threadCpuUsage();
      for (const record of records) backtest.take(record);
      const { user, system } = process.threadCpuUsage(before);
      const { total, hash } = backtest.result();
      if (run >= 0) rates.push((total.decisions * 1e6) / (user + system));
      note(`  run ${run + 1}: ${(rates.at(-1) ?? 0).toFixed(0)} a CPU second, ${total.flipped} flipped, hash ${hash}`);
    }
  } finally {
    await harness.close();
    await folder.remove();
  }
  return [figure('backtest_per_s', 'transactions that a backtest decides, one core', '1/s', rates, '20,000')];
}
