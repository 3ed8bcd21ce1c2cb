import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { compileWindowPlan } from '../../src/windows/mod.ts';
import { agrees, event, feature, Player } from './rig.ts';

const DAY = 86_400_000;
/** Every hundredth customer: 50 of them. */
const SAMPLE = 100;

const folder = process.env.PALISADE_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const goldenFile = `${folder}/handbook/split_features.csv.gz`;
const transactionsFile = `${folder}/handbook/transactions.csv.gz`;
const isThere = existsSync(goldenFile) && existsSync(transactionsFile);
if (!isThere) console.warn(`SKIPPED: no handbook data in ${folder}; set PALISADE_DATA to check the golden windows`);

/** Calls `visit` with the cells of every row of a sampled customer. Bytes are scanned, as parsing all would be slow. */
function eachSampledRow(file: string, customerColumn: number, visit: (cells: string[]) => void): void {
  const bytes = gunzipSync(readFileSync(file));
  let start = bytes.indexOf(10) + 1;
  while (start < bytes.length) {
    let cursor = start;
    for (let comma = 0; comma < customerColumn; cursor++) if (bytes[cursor] === 44) comma++;
    let customer = 0;
    for (let digit = bytes[cursor] ?? 44; digit !== 44; digit = bytes[++cursor] ?? 44)
      customer = customer * 10 + digit - 48;
    const newline = bytes.indexOf(10, cursor);
    const end = newline < 0 ? bytes.length : newline;
    if (customer % SAMPLE === 0) visit(bytes.toString('latin1', start, end).trimEnd().split(','));
    start = end + 1;
  }
}

function numberAt(cells: readonly string[], index: number): number {
  return Number(cells[index] ?? Number.NaN);
}

test('counts and means of a customer over 1, 7 and 30 days equal those that the handbook publishes', {
  skip: isThere ? false : `no handbook data in ${folder}`,
}, () => {
  const features = [1, 7, 30].flatMap((days) => [
    feature(`count_${days}d`, { function: 'count' }, days * DAY),
    feature(`mean_${days}d`, { function: 'mean', field: 'amount' }, days * DAY),
  ]);
  const plan = compileWindowPlan(features, { amountScale: 0.01 });
  const golden = new Map<number, number[]>();
  eachSampledRow(goldenFile, 3, (cells) => {
    golden.set(
      numberAt(cells, 1),
      [10, 11, 12, 13, 14, 15].map((column) => numberAt(cells, column)),
    );
  });
  const players = new Map<number, Player>();
  let compared = 0;
  eachSampledRow(transactionsFile, 2, (cells) => {
    const customer = numberAt(cells, 2);
    const player = players.get(customer) ?? new Player(plan);
    players.set(customer, player);
    const amount = Math.round(numberAt(cells, 4) * 100);
    const actual = player.play(event(numberAt(cells, 1) * 1000, { amount }));
    const expected = golden.get(numberAt(cells, 0));
    if (expected === undefined) return;
    compared++;
    expected.forEach((want, index) => {
      // The golden means were published with six decimals.
      const close = index % 2 === 0 ? actual[index] === want : agrees(actual[index] ?? Number.NaN, want, 1e-6);
      assert.ok(close, `${plan.featureNames[index]} of ${cells[0]}: ${actual[index]}, published ${want}`);
    });
  });
  assert.ok(players.size >= 45 && compared > 1000, `${players.size} customers, ${compared} rows`);
});
