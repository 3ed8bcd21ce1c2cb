import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleFile } from '../../examples/kit/example.ts';
import { DEFAULT_ENGINE_SETTINGS, startServer } from '../../src/cli/engine-server.ts';
import { NEVER_SHED } from '../support/never-shed.ts';
import { removeFolder } from '../support/remove-folder.ts';

/** A server with the ruleset of an example, which asks for no key. */
export type RunningExample = { readonly url: string; stop(): Promise<void> };

/** Starts one on a free port, with its data in a folder that goes when it stops. */
export async function startExample(name: string): Promise<RunningExample> {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-example-'));
  const rulesetText = await readFile(exampleFile(name, 'ruleset.yaml'), 'utf8');
  const server = await startServer({
    directory,
    host: '127.0.0.1',
    port: 0,
    rulesetText,
    fallbackRulesetText: rulesetText,
    keys: async () => null,
    engine: DEFAULT_ENGINE_SETTINGS,
    http: { drainGraceMs: 0, admission: NEVER_SHED },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await removeFolder(directory);
    },
  };
}
