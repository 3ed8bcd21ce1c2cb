import { createJsonLogger } from '../adapters/system/json-logger.ts';
import type { StartServer } from './demo.ts';
import { DEFAULT_ENGINE_SETTINGS, DEFAULT_RULESET_FILE, startServer } from './engine-server.ts';
import { readInputFile } from './input-file.ts';
import { responseFileOf } from './response-file.ts';
import { sandboxResponses, startSandbox } from './sandbox/sandbox-server.ts';

/** Starts the engine as the demo wants it: on this machine only, without keys, with the default ruleset. */
export const startDemoServer: StartServer = async ({ directory, port }) => {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, secret: null, confirmTo: '' });
  const { url, stop } = await startServer({
    directory,
    host: '127.0.0.1',
    port,
    rulesetText: null,
    fallbackRulesetText: await readInputFile(DEFAULT_RULESET_FILE, 'default ruleset'),
    keys: async () => null,
    responses: responseFileOf(sandboxResponses(sandbox)),
    engine: DEFAULT_ENGINE_SETTINGS,
    http: { drainGraceMs: 0 },
    logger: { ...createJsonLogger((line) => process.stderr.write(line)), info: () => {} },
  });
  sandbox.confirmTo(`${url}/v1/confirmations`);
  const stopBoth = async (): Promise<void> => {
    await stop();
    await sandbox.close();
  };
  return { url, key: null, stop: stopBoth };
};
