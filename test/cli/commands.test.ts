import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runBacktest } from '../../src/cli/backtest-command.ts';
import { runCluster } from '../../src/cli/cluster-command.ts';
import { runDemo } from '../../src/cli/demo.ts';
import { COMMANDS, type CommandLoaders, runCli } from '../../src/cli/main.ts';
import { runProjectionsList, runProjectionsRebuild, runProjectionsVerify } from '../../src/cli/projection-commands.ts';
import { runReplay } from '../../src/cli/replay.ts';
import {
  rulesetStepCommand,
  runRulesetsBacktest,
  runRulesetsList,
  runRulesetsSave,
  runRulesetsShow,
} from '../../src/cli/ruleset-commands.ts';
import { runSagasList, runSagasRetry, runSagasShow } from '../../src/cli/saga-commands.ts';
import { runSandbox } from '../../src/cli/sandbox.ts';
import { runSimulate } from '../../src/cli/simulate.ts';
import { runTablesChanges } from '../../src/cli/tables-changes.ts';
import { runTablesList } from '../../src/cli/tables-list.ts';
import { runTablesLoad } from '../../src/cli/tables-load.ts';
import { runTablesRow } from '../../src/cli/tables-row.ts';
import { runViewsExport } from '../../src/cli/views-export.ts';
import { PalisadeError } from '../../src/domain/errors.ts';
import { captureIo } from './captured-io.ts';
import { type Misbehaviour, startFakeEngine } from './fake-engine.ts';

const NO_SERVER = async () => assert.fail('no server is to be started');

/** The real commands of this part of the CLI; the others answer with what they were given. */
const LOADERS: CommandLoaders = {
  serve: async () => async (args, io) => {
    io.stdout.write(`serve ${args.join(' ')}`);
    return 0;
  },
  demo: async () => (args, io) => runDemo(args, io, NO_SERVER),
  simulate: async () => runSimulate,
  replay: async () => runReplay,
  'tables list': async () => runTablesList,
  'tables load': async () => runTablesLoad,
  'tables row': async () => runTablesRow,
  'tables changes': async () => runTablesChanges,
  'rulesets list': async () => runRulesetsList,
  'rulesets show': async () => runRulesetsShow,
  'rulesets save': async () => runRulesetsSave,
  'rulesets backtest': async () => runRulesetsBacktest,
  'rulesets delete': async () => rulesetStepCommand('delete'),
  'rulesets shadow': async () => rulesetStepCommand('shadow'),
  'rulesets unshadow': async () => rulesetStepCommand('unshadow'),
  'rulesets approve': async () => rulesetStepCommand('approve'),
  'rulesets publish': async () => rulesetStepCommand('publish'),
  'rulesets rollback': async () => rulesetStepCommand('rollback'),
  'sagas list': async () => runSagasList,
  'sagas show': async () => runSagasShow,
  'sagas retry': async () => runSagasRetry,
  cluster: async () => runCluster,
  sandbox: async () => runSandbox,
  'projections list': async () => runProjectionsList,
  'projections rebuild': async () => runProjectionsRebuild,
  'projections verify': async () => runProjectionsVerify,
  'views export': async () => runViewsExport,
  'ruleset check': async () => async (args, io) => {
    io.stdout.write(`check ${args.join(' ')}`);
    return 1;
  },
  backtest: async () => runBacktest,
  'log verify': async () => async () => {
    throw new PalisadeError('LOG_CORRUPT', 'Cannot go on as a record is damaged: 7. Restore it.', {
      fields: [{ field: 'body', message: 'is damaged' }],
    });
  },
  'keys create': async () => async () => {
    throw new TypeError('a defect');
  },
};

async function run(args: readonly string[], stdin = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const captured = captureIo({ stdin });
  const code = await runCli(args, captured.io, LOADERS);
  return { code, stdout: captured.stdout(), stderr: captured.stderr() };
}

describe('palisade', () => {
  test('tells its commands with --help, and without a command fails as misuse', async () => {
    const help = await run(['--help']);
    assert.equal(help.code, 0);
    for (const [name, summary] of Object.entries(COMMANDS))
      assert.match(help.stdout, new RegExp(`${name} +${summary}`));
    const bare = await run([]);
    assert.deepEqual([bare.code, bare.stdout, bare.stderr], [2, '', help.stdout]);
  });

  test('tells the commands of a group, or of one command, wherever help is asked for', async () => {
    const group = await run(['ruleset', '--help']);
    assert.deepEqual([group.code, group.stderr], [0, '']);
    assert.match(group.stdout, /^Usage: palisade ruleset COMMAND/);
    assert.match(group.stdout, new RegExp(`ruleset check +${COMMANDS['ruleset check']}`));
    assert.doesNotMatch(group.stdout, /simulate/);
    for (const args of [
      ['ruleset', '-h'],
      ['help', 'ruleset'],
    ])
      assert.deepEqual(await run(args), group, args.join(' '));
    assert.deepEqual(await run(['help']), await run(['--help']));
    assert.deepEqual(await run(['help', 'simulate']), await run(['simulate', '--help']));
    assert.equal((await run(['help', 'fly'])).code, 2);
  });

  test('tells its version, beside a group and a command too', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    const told = { code: 0, stdout: `palisade ${version}\n`, stderr: '' };
    for (const args of [['--version'], ['-V'], ['ruleset', '--version'], ['log', '-V'], ['simulate', '--version']])
      assert.deepEqual(await run(args), told, args.join(' '));
  });

  test('hands the rest of the arguments to the command, of one word or two, and answers its exit code', async () => {
    assert.deepEqual(await run(['serve', '--port', '1']), { code: 0, stdout: 'serve --port 1', stderr: '' });
    assert.deepEqual(await run(['ruleset', 'check', 'a.yaml']), { code: 1, stdout: 'check a.yaml', stderr: '' });
  });

  test('exits with 2 where the command line is not understood, and says what to do', async () => {
    const misuses: readonly (readonly [readonly string[], RegExp])[] = [
      [['fly'], /no such command: fly\. Run palisade --help/],
      [['ruleset'], /Say one of: ruleset check/],
      [['constructor'], /no such command/],
      [['simulate', '--cards', 'many'], /--cards .* from 1 to 10000000: many/],
      [['simulate', '--cards', '1.5'], /--cards/],
      [['simulate', '--attacks', 'flood'], /none of this name: flood/],
      [['simulate', '--start', 'soon'], /--start/],
      [['simulate', '--currency', 'ABC'], /ISO 4217/],
      [['simulate', 'extra'], /takes no argument/],
      [['simulate', '--unknown'], /--unknown/],
      [['replay'], /takes FILE beside its options: 0 given/],
      [['replay', 'a', 'b'], /2 given/],
      [['replay', 'a', '--limit', '0'], /--limit/],
      [['demo', '--seconds', '0'], /--seconds/],
    ];
    for (const [args, pattern] of misuses) {
      const { code, stderr } = await run(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, pattern);
    }
  });

  test('exits with 1 on an error, with its code and fields, and on a defect', async () => {
    const failed = await run(['log', 'verify']);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^LOG_CORRUPT: Cannot go on.*\n {2}body is damaged\n$/);
    const defect = await run(['keys', 'create']);
    assert.equal(defect.code, 1);
    assert.match(defect.stderr, /a defect/);
  });

  test('tells the options of each command', async () => {
    for (const command of ['simulate', 'replay', 'demo']) {
      const { code, stdout } = await run([command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Usage: palisade ${command}`));
      for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line);
    }
  });
});

describe('simulate and replay', () => {
  let folder = '';
  let traffic = '';
  const options = ['--cards', '60', '--days', '1', '--seed', '7'];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palisade-test-'));
    traffic = join(folder, 'traffic.ndjson');
    assert.equal((await run(['simulate', ...options, '--out', traffic])).code, 0);
  });

  after(() => rm(folder, { recursive: true }));

  test('simulate writes the same bytes to a file and to standard output', async () => {
    const { code, stdout } = await run(['simulate', ...options]);
    assert.equal(code, 0);
    assert.equal(stdout, await readFile(traffic, 'utf8'));
    const bare = await run(['simulate', ...options, '--no-labels', '--attacks', 'none']);
    assert.ok(bare.stdout.split('\n').every((line) => line === '' || JSON.parse(line).type !== undefined));
  });

  test('simulate fails with a message where it cannot write', async () => {
    const { code, stderr } = await run(['simulate', ...options, '--out', join(folder, 'no', 'such')]);
    assert.equal(code, 1);
    assert.match(stderr, /INPUT_FILE: Cannot write .* as ENOENT/);
  });

  async function replay(
    args: readonly string[],
    misbehave: Misbehaviour = () => null,
    input = '',
  ): Promise<Awaited<ReturnType<typeof run>> & { bodies: readonly unknown[]; headers: readonly unknown[] }> {
    const engine = await startFakeEngine(misbehave);
    try {
      const result = await run(['replay', ...args, '--url', engine.url], input);
      return {
        ...result,
        bodies: engine.seen.map(({ body }) => body),
        headers: engine.seen.map(({ headers }) => headers),
      };
    } finally {
      await engine.stop();
    }
  }

  const hashOf = (stdout: string): string => /Decision hash: ([0-9a-f]{64})/.exec(stdout)?.[1] ?? assert.fail(stdout);

  test('replay sends every event once and reports what the labels say', async () => {
    const json = join(folder, 'report.json');
    const decisions = join(folder, 'decisions.ndjson');
    const { code, stdout, bodies } = await replay([traffic, '--json', json, '--decisions', decisions]);
    assert.equal(code, 0, stdout);
    const lines = (await readFile(traffic, 'utf8')).trim().split('\n');
    const truth = lines.map((line) => JSON.parse(line));
    assert.equal(bodies.length, lines.length);
    assert.deepEqual(
      new Set(bodies.map((body) => JSON.stringify(body))),
      new Set(truth.map(({ event }) => JSON.stringify(event))),
    );

    // The fake engine declines what costs more than 300.00, so everything can be counted from the file.
    const paid = truth.filter(({ event }) => event.amountMinor !== undefined);
    const count = (fraud: boolean, large: boolean): number =>
      paid.filter(({ event, label }) => label.fraud === fraud && event.amountMinor > 30_000 === large).length;
    const report = JSON.parse(await readFile(json, 'utf8'));
    assert.equal(report.transactions, paid.length);
    assert.equal(report.labelled.fraud.outcomes.decline, count(true, true));
    assert.equal(report.labelled.legitimate.outcomes.approve, count(false, false));
    const recall = count(true, true) / (count(true, true) + count(true, false));
    const precision = count(true, true) / (count(true, true) + count(false, true));
    assert.deepEqual(report.labelled.declined, { precision, recall });
    const decided = (await readFile(decisions, 'utf8')).trim().split('\n');
    assert.deepEqual(
      decided.map((line) => JSON.parse(line).transactionId),
      paid.map(({ event }) => event.transactionId),
    );
    assert.equal(report.decisionHash, hashOf(stdout));
  });

  test('replay gives the same hash for the same input, with one connection or many, and another for less', async () => {
    const many = await replay([traffic]);
    const one = await replay([traffic, '--connections', '1']);
    const less = await replay([traffic, '--limit', '200']);
    assert.equal(hashOf(many.stdout), hashOf(one.stdout));
    assert.notEqual(hashOf(many.stdout), hashOf(less.stdout));
    assert.equal(less.bodies.length, 200);
  });

  test('replay takes a part of the file, and standard input', async () => {
    const lines = (await readFile(traffic, 'utf8')).trim().split('\n');
    const part = await replay([traffic, '--from', '150', '--limit', '3', '--connections', '1']);
    assert.deepEqual(
      part.bodies,
      lines.slice(150, 153).map((line) => JSON.parse(line).event),
    );
    const piped = await replay(['-'], undefined, lines.slice(0, 5).join('\n'));
    assert.equal(piped.bodies.length, 5);
  });

  test('replay sends the key and the deadline', async () => {
    const { headers } = await replay([traffic, '--limit', '1', '--key', 'pk_a_b', '--deadline-ms', '700']);
    const [first] = headers as readonly Record<string, string>[];
    assert.equal(first?.authorization, 'Bearer pk_a_b');
    assert.equal(first?.['x-deadline-ms'], '700');
  });

  test('replay goes on after 503, and fails in the end where events were refused', async () => {
    const busy = await replay([traffic, '--limit', '20'], (_, number) =>
      number === 3 ? { status: 503, retryAfter: '0' } : null,
    );
    assert.equal(busy.code, 0);
    assert.match(busy.stdout, /1 requests sent again/);
    const refused = await replay([traffic, '--limit', '20', '--connections', '1'], (_, number) =>
      number === 3 ? { status: 422 } : null,
    );
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /refused 1\n/);
    assert.match(refused.stderr, /Refused: event 3 with 422/);
  });

  test('replay stops at once where the key is not accepted or the answer is no decision', async () => {
    const denied = await replay([traffic], () => ({ status: 401 }));
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /AUTH_INVALID: .*--key/);
    const strange = await replay([traffic], ({ path }) => (path === '/v1/authorizations' ? { status: 200 } : null));
    assert.equal(strange.code, 1);
    assert.match(strange.stderr, /is no decision/);
  });

  test('replay names a bad address, a bad mapping and a bad row', async () => {
    const address = await run(['replay', traffic, '--url', 'engine:1']);
    assert.match(address.stderr, /CONFIG_INVALID: .*engine:1/);
    const mapping = await run(['replay', traffic, '--mapping', 'unknown']);
    assert.match(mapping.stderr, /INPUT_FILE: .*unknown\.yaml/);
    const csv = join(folder, 'bad.csv');
    await writeFile(csv, 'unix_time,card,merchant_id,category,amt,merch_lat,merch_long,is_fraud\n1,0,0,home,x,1,1,0\n');
    await writeFile(join(folder, 'cards.csv'), 'card,lat,long\n0,1,1\n');
    const row = await replay([csv, '--mapping', 'sparkov']);
    assert.equal(row.code, 1);
    assert.match(row.stderr, /row 2 .*amountMinor is no number: x/);
  });
});

describe('demo', () => {
  test('plays both acts, shows a scorecard, explains decisions and tells where to look next', async () => {
    const engine = await startFakeEngine();
    const captured = captureIo();
    let directory = '';
    let stopped = 0;
    const code = await runDemo(['--cards', '50', '--seconds', '1'], captured.io, async (options) => {
      directory = options.directory;
      await writeFile(join(directory, 'data'), 'x');
      const stop = async (): Promise<void> => {
        stopped++;
      };
      return { url: engine.url, key: null, stop };
    });
    await engine.stop();
    const text = captured.stdout();
    assert.equal(code, 0, captured.stderr());
    assert.equal(stopped, 1);
    await assert.rejects(readFile(join(directory, 'data')), /ENOENT/);
    assert.match(text, /Account takeover.* (\d+) +\1 +0 +100\.0%/);
    assert.match(text, /BIN attack.* 0\.0%/);
    assert.match(text, /Wrongly stopped: \d+/);
    assert.match(text, /Large amount: A payment that is large\.\n +seen: card count in 1 hour = 3/);
    assert.match(text, /Where to look next/);
    assert.ok(!text.includes('\u001b'), 'no control sequences without a terminal');
    for (const line of text.split('\n')) assert.ok(line.length <= 130, line);
  });

  test('stops the engine and removes its folder where the traffic fails', async () => {
    const engine = await startFakeEngine(() => ({ status: 403 }));
    let stopped = false;
    const demo = runDemo(['--cards', '50', '--seconds', '1'], captureIo().io, async () => ({
      url: engine.url,
      key: null,
      stop: async () => {
        stopped = true;
      },
    }));
    await assert.rejects(demo, /403/);
    await engine.stop();
    assert.equal(stopped, true);
  });
});
