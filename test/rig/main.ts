import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runKill } from './kill.ts';

const HELP = `Prove what a benchmark cannot: the rigs run real servers and break them.

Usage: npm run rig -- kill [options]

  --rounds NUMBER       kills (default: 200)
  --connections NUMBER  clients that load the server (default: 16)
  --seed NUMBER         of the moments of the kills (default: 1)
  --json FILE           write the figures as JSON
  --help                this text

Exit codes: 0 nothing was lost, doubled or changed, and at least 80 % of the requests succeeded; 1 otherwise; 2 usage.
`;

const SUCCESS_SHARE_MIN = 0.8;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '200' },
      connections: { type: 'string', default: '16' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true || positionals[0] !== 'kill') {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  const rounds = Number(values.rounds);
  const startMs = performance.now();
  const report = await runKill({
    rounds,
    seed: Number(values.seed),
    connections: Number(values.connections),
    progress: (round, so) => {
      if (round % 10 !== 0 && round !== rounds) return;
      const elapsedS = Math.round((performance.now() - startMs) / 1000);
      process.stdout.write(
        `${round}/${rounds} kills in ${elapsedS} s, ${so.acknowledged} acknowledged, ${so.changed} changed\n`,
      );
    },
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  const whole = report.lost === 0 && report.doubled === 0 && report.changed === 0;
  if (whole && report.success_share >= SUCCESS_SHARE_MIN) return 0;
  process.stderr.write(`Failed: see the figures; success_share has to be at least ${SUCCESS_SHARE_MIN}.\n`);
  return 1;
}

process.exit(await main());
