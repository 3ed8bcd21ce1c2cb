import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_ENGINE_SETTINGS, startServer } from '../../src/cli/engine-server.ts';
import { responseFileOf } from '../../src/cli/response-file.ts';
import { sandboxResponses, startSandbox } from '../../src/cli/sandbox/sandbox-server.ts';
import type { SandboxWorld } from '../../src/cli/sandbox/sandbox-world.ts';
import { NEVER_SHED } from '../support/never-shed.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { HttpCaller } from './http-caller.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A server whose sagas act on a sandbox, both of this process. */
export type SandboxedEngine = {
  readonly url: string;
  readonly world: SandboxWorld;
  readonly caller: HttpCaller;
  /** The body of an answer, as it is now. */
  get(path: string): Promise<Json>;
  post(path: string, body: object): Promise<{ readonly status: number; readonly body: Json }>;
  /** Asks for a decision until what followed from it is as wanted. */
  untilFollowedBy(transactionId: string, isWanted: (followUp: Json) => boolean): Promise<Json>;
};

/** Runs a test on one, with a file of responses that has more than the one of the sandbox. */
export async function onSandboxedEngine(
  rulesetText: string,
  responses: object,
  body: (engine: SandboxedEngine) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-sandboxed-'));
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, secret: null, confirmTo: '' });
  const server = await startServer({
    directory,
    host: '127.0.0.1',
    port: 0,
    rulesetText,
    fallbackRulesetText: rulesetText,
    keys: async () => null,
    responses: responseFileOf({ ...sandboxResponses(sandbox), ...responses }),
    engine: DEFAULT_ENGINE_SETTINGS,
    http: { drainGraceMs: 0, drainQuietMs: 50, admission: NEVER_SHED },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  });
  sandbox.confirmTo(`${server.url}/v1/confirmations`);
  const caller = new HttpCaller(server.url);
  const get = async (path: string): Promise<Json> => JSON.parse((await caller.get(path)).text);
  try {
    await body({
      url: server.url,
      world: sandbox.world,
      caller,
      get,
      post: async (path, value) => {
        const { status, text } = await caller.send('POST', path, JSON.stringify(value));
        return { status, body: JSON.parse(text) };
      },
      untilFollowedBy: async (transactionId, isWanted) => {
        for (;;) {
          const decision = await get(`/v1/authorizations/${transactionId}`);
          const found = Array.isArray(decision.followUps) ? decision.followUps.find(isWanted) : undefined;
          if (found !== undefined) return found;
          await sleep(20);
        }
      },
    });
  } finally {
    caller.close();
    await server.stop();
    await sandbox.close();
    await removeFolder(directory);
  }
}
