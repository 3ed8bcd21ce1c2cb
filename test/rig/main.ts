import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ClusterRigReport, runCluster } from './cluster-under-trouble.ts';
import { type KillReport, runKill } from './kill.ts';

const HELP = `Prove what a benchmark cannot: the rigs run real servers and break them.

Usage: npm run rig -- kill|cluster [options]

  kill                  one server, killed and started again
  cluster               three nodes, an event store and a broker; nodes are killed, stopped, cut off and restarted

  --rounds NUMBER       kills, or troubles of the cluster (default: 200, or 100)
  --connections NUMBER  clients that send (default: 16, or 6)
  --seed NUMBER         of what happens when (default: 1)
  --stop-ms NUMBER      longest time that a node is stopped or cut off (default: 10000); every 50th round stops
                        one for half a minute
  --beside DIR          checkout of another version: each start of a node of the cluster takes the code of it and
                        of this one in turn, as in a rolling upgrade and its way back
  --json FILE           write the figures as JSON
  --help                this text

The cluster gets its broker from Maven Central, by java and mvn; without them its nodes do without one, and it is said
what was left out. Exit codes: 0 nothing was lost, doubled, changed or out of order, and at least 80 % of the calls
succeeded; 1 otherwise; 2 usage.
`;

const SUCCESS_SHARE_MIN = 0.8;
const PROGRESS_EVERY = 10;

type Options = {
  readonly rounds: string | undefined;
  readonly connections: string | undefined;
  readonly seed: string;
  readonly 'stop-ms': string;
  readonly beside: string | undefined;
};

async function kill(options: Options): Promise<KillReport> {
  const rounds = Number(options.rounds ?? 200);
  const startMs = performance.now();
  return await runKill({
    rounds,
    seed: Number(options.seed),
    connections: Number(options.connections ?? 16),
    progress: (round, { acknowledged, changed }) => {
      if (round % PROGRESS_EVERY !== 0 && round !== rounds) return;
      const elapsedS = Math.round((performance.now() - startMs) / 1000);
      process.stdout.write(
        `${round}/${rounds} kills in ${elapsedS} s, ${acknowledged} acknowledged, ${changed} changed\n`,
      );
    },
  });
}

async function cluster(options: Options): Promise<ClusterRigReport> {
  const rounds = Number(options.rounds ?? 100);
  const startMs = performance.now();
  return await runCluster({
    rounds,
    seed: Number(options.seed),
    connections: Number(options.connections ?? 6),
    stopMs: Number(options['stop-ms']),
    otherMain: options.beside === undefined ? null : resolve(options.beside, 'src/main.ts'),
    progress: (round, what, { acknowledged, success_share: share }) => {
      const elapsedS = Math.round((performance.now() - startMs) / 1000);
      const so = `${acknowledged} acknowledged, ${Math.round(share * 100)} % in time`;
      process.stdout.write(`${round}/${rounds} at ${elapsedS} s: ${what}; ${so}\n`);
    },
  });
}

/** Whether nothing went wrong that may not. */
function isWhole(report: KillReport | ClusterRigReport): boolean {
  const { lost, doubled, changed } = report;
  const others = 'violations' in report ? report.violations + report.stale_wins + report.lost_in_rolls : 0;
  return lost + doubled + changed + others === 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      connections: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'stop-ms': { type: 'string', default: '10000' },
      beside: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [name] = positionals;
  if (values.help === true || (name !== 'kill' && name !== 'cluster')) {
    process.stdout.write(HELP);
    return values.help === true ? 0 : 2;
  }
  const { rounds, connections, seed, 'stop-ms': stopMs, beside } = values;
  const options: Options = { rounds, connections, seed, 'stop-ms': stopMs, beside };
  const report = name === 'kill' ? await kill(options) : await cluster(options);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (isWhole(report) && report.success_share >= SUCCESS_SHARE_MIN) return 0;
  process.stderr.write(`Failed: see the figures; success_share has to be at least ${SUCCESS_SHARE_MIN}.\n`);
  return 1;
}

process.exit(await main());
