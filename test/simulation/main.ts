import process from 'node:process';
import { parseArgs } from 'node:util';
import { failureText, simulate } from './scenario.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '300' },
    verbose: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const steps = Number(values.steps);
const startedAtMs = performance.now();
const totals: Record<string, number> = {};
let failures = 0;
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const result = await simulate({ seed, steps });
  for (const [name, count] of Object.entries(result.counts)) totals[name] = (totals[name] ?? 0) + count;
  if (values.verbose) console.log(result.trace.join('\n'));
  if (result.violation === null) continue;
  failures += 1;
  console.log(failureText(result, steps));
  if (failures >= 3) break;
}
const seconds = (performance.now() - startedAtMs) / 1000;
console.log(`${values.seeds} seeds of ${steps} steps in ${seconds.toFixed(1)} s, ${failures} failed`, totals);
process.exitCode = failures === 0 ? 0 : 1;
