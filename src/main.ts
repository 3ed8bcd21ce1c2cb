import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { CliIo } from './cli/command.ts';
import { type CommandLoaders, runCli } from './cli/main.ts';

/** Where compiled code is kept: a start then spares half of its time. Deno has a cache of its own. */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/palisade', import.meta.url));
if (module.enableCompileCache !== undefined) {
  module.enableCompileCache(COMPILE_CACHE);
  // The threads and processes that are started from here read it there.
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
}

/** Resolves at the first request to stop; a second one ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
}

const io: CliIo = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted,
  // What is compiled is else written at a clean end alone, and a server that is killed would never leave any.
  loaded: () => module.flushCompileCache?.(),
};

const loaders: CommandLoaders = {
  serve: async () => (await import('./cli/serve.ts')).runServe,
  demo: async () => {
    const { runDemo } = await import('./cli/demo.ts');
    const { startDemoServer } = await import('./cli/demo-server.ts');
    return (args, streams) => runDemo(args, streams, startDemoServer);
  },
  simulate: async () => (await import('./cli/simulate.ts')).runSimulate,
  replay: async () => (await import('./cli/replay.ts')).runReplay,
  'tables list': async () => (await import('./cli/tables-list.ts')).runTablesList,
  'tables load': async () => (await import('./cli/tables-load.ts')).runTablesLoad,
  'tables row': async () => (await import('./cli/tables-row.ts')).runTablesRow,
  'tables changes': async () => (await import('./cli/tables-changes.ts')).runTablesChanges,
  'ruleset check': async () => (await import('./cli/ruleset-check.ts')).runRulesetCheck,
  'rulesets list': async () => (await import('./cli/ruleset-commands.ts')).runRulesetsList,
  'rulesets show': async () => (await import('./cli/ruleset-commands.ts')).runRulesetsShow,
  'rulesets save': async () => (await import('./cli/ruleset-commands.ts')).runRulesetsSave,
  'rulesets backtest': async () => (await import('./cli/ruleset-commands.ts')).runRulesetsBacktest,
  'rulesets delete': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('delete'),
  'rulesets shadow': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('shadow'),
  'rulesets unshadow': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('unshadow'),
  'rulesets approve': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('approve'),
  'rulesets publish': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('publish'),
  'rulesets rollback': async () => (await import('./cli/ruleset-commands.ts')).rulesetStepCommand('rollback'),
  backtest: async () => (await import('./cli/backtest-command.ts')).runBacktest,
  'log verify': async () => (await import('./cli/log-verify.ts')).runLogVerify,
  'projections list': async () => (await import('./cli/projection-commands.ts')).runProjectionsList,
  'projections rebuild': async () => (await import('./cli/projection-commands.ts')).runProjectionsRebuild,
  'projections verify': async () => (await import('./cli/projection-commands.ts')).runProjectionsVerify,
  'views export': async () => (await import('./cli/views-export.ts')).runViewsExport,
  'keys create': async () => (await import('./cli/keys-create.ts')).runKeysCreate,
  'sagas list': async () => (await import('./cli/saga-commands.ts')).runSagasList,
  'sagas show': async () => (await import('./cli/saga-commands.ts')).runSagasShow,
  'sagas retry': async () => (await import('./cli/saga-commands.ts')).runSagasRetry,
  cluster: async () => (await import('./cli/cluster-command.ts')).runCluster,
  sandbox: async () => (await import('./cli/sandbox.ts')).runSandbox,
};

process.exit(await runCli(process.argv.slice(2), io, loaders));
