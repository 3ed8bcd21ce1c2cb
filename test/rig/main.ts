import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { flagOption, integerOption, type ParsedArguments, runScript, textOption } from '../../src/cli/arguments.ts';
import { EXIT_FAILED, EXIT_OK, UsageError } from '../../src/cli/command.ts';
import { type ClusterRigReport, runCluster } from './cluster-under-trouble.ts';
import { type KillReport, runKill } from './kill.ts';

const HELP = `Prove what a benchmark cannot: the rigs run real servers and break them.

Usage: npm run rig -- kill|cluster [options]

  kill                  one server, killed and started again
  cluster               three nodes, an event store and a broker; nodes are killed, stopped, cut off and restarted

  --rounds NUMBER       kills, or troubles of the cluster (default: 200, or 100)
  --connections NUMBER  clients that send (default: 16, or 4)
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

const OPTIONS = {
  rounds: { type: 'string' },
  connections: { type: 'string' },
  seed: { type: 'string' },
  'stop-ms': { type: 'string' },
  beside: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function numberOption(parsed: ParsedArguments, name: string, fallback: number, low = 1): number {
  return integerOption(parsed, name, { low, high: 2 ** 31, fallback });
}

async function kill(parsed: ParsedArguments): Promise<KillReport> {
  const rounds = numberOption(parsed, 'rounds', 200);
  const startMs = performance.now();
  return await runKill({
    rounds,
    seed: numberOption(parsed, 'seed', 1, 0),
    connections: numberOption(parsed, 'connections', 16),
    progress: (round, { acknowledged, changed }) => {
      if (round % PROGRESS_EVERY !== 0 && round !== rounds) return;
      const elapsedS = Math.round((performance.now() - startMs) / 1000);
      process.stdout.write(
        `${round}/${rounds} kills in ${elapsedS} s, ${acknowledged} acknowledged, ${changed} changed\n`,
      );
    },
  });
}

async function cluster(parsed: ParsedArguments): Promise<ClusterRigReport> {
  const rounds = numberOption(parsed, 'rounds', 100);
  const beside = textOption(parsed, 'beside', undefined);
  const startMs = performance.now();
  return await runCluster({
    rounds,
    seed: numberOption(parsed, 'seed', 1, 0),
    connections: numberOption(parsed, 'connections', 4),
    stopMs: numberOption(parsed, 'stop-ms', 10_000),
    otherMain: beside === undefined ? null : resolve(beside, 'src/main.ts'),
    progress: (round, what, { acknowledged, success_share: share }) => {
      const elapsedS = Math.round((performance.now() - startMs) / 1000);
      const so = `${acknowledged} acknowledged, ${Math.round(share * 100)} % in time`;
      process.stdout.write(`${round}/${rounds} at ${elapsedS} s: ${what}; ${so}\n`);
    },
  });
}

/** Whether nothing went wrong that may not. */
function isWhole(report: KillReport | ClusterRigReport): boolean {
  const { lost, doubled, changed, differences } = report;
  const wrong = lost + doubled + changed + differences;
  if (!('violations' in report)) return wrong === 0;
  const { violations, stale_wins: stale, lost_in_rolls: lostInRolls, misjudged, recorded_twice: twice } = report;
  const { sagas_open: open, effects_off: off } = report;
  return wrong + violations + stale + lostInRolls + misjudged + twice + open + off === 0;
}

async function run(parsed: ParsedArguments): Promise<number> {
  if (flagOption(parsed, 'help')) {
    process.stdout.write(HELP);
    return EXIT_OK;
  }
  const [name, ...more] = parsed.positionals;
  if ((name !== 'kill' && name !== 'cluster') || more.length > 0) {
    const given = parsed.positionals.length === 0 ? 'none' : parsed.positionals.join(' ');
    throw new UsageError(
      `Cannot run as it takes one rig, kill or cluster: ${given}. Run it with --help for the options.`,
    );
  }
  const report = name === 'kill' ? await kill(parsed) : await cluster(parsed);
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const file = textOption(parsed, 'json', undefined);
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  if (isWhole(report) && report.success_share >= SUCCESS_SHARE_MIN) return EXIT_OK;
  process.stderr.write(`Failed: see the figures; success_share has to be at least ${SUCCESS_SHARE_MIN}.\n`);
  return EXIT_FAILED;
}

process.exit(await runScript('the rig', OPTIONS, run));
