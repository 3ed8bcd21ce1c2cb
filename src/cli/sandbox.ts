import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { stringify as stringifyYaml } from 'yaml';
import { flagOption, integerOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK, UsageError } from './command.ts';
import { readResponseFile } from './response-file.ts';
import { sandboxResponses, startSandbox } from './sandbox/sandbox-server.ts';
import { BEHAVIOURS, SANDBOX_SERVICES, type SandboxWorld } from './sandbox/sandbox-world.ts';

const HELP = `Serve a card processor, an identity provider, a pager and others for sagas to act on.

Usage: palisade sandbox [options]

  --host ADDRESS       address to listen on (default: 127.0.0.1)
  --port NUMBER        port to listen on, 0 for any free one (default: 9090)
  --url URL            where engines reach it (default: http://HOST:PORT of the two above)
  --confirm-to URL     where confirmations go (default: http://127.0.0.1:8080/v1/confirmations)
  --secret TEXT        secret to sign with, "whsec_..." (default: that of the file of responses, or else a new one)
  --responses FILE     write a file of responses for this sandbox, for "palisade serve --responses FILE"
  --behave LIST        how services behave, as card-processor=slow,pager=down
  --help               this text

Services:   ${SANDBOX_SERVICES.join(', ')}
Behaviours: ${BEHAVIOURS.join(', ')}

GET /world tells what was done; PUT /behaviours/SERVICE with a behaviour as its body changes how one behaves.
`;

const OPTIONS = {
  host: { type: 'string' },
  port: { type: 'string' },
  url: { type: 'string' },
  'confirm-to': { type: 'string' },
  secret: { type: 'string' },
  responses: { type: 'string' },
  behave: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function behave(world: SandboxWorld, text: string): void {
  for (const part of text.split(',').filter((each) => each !== '')) {
    const [name, wanted] = part.split('=');
    const service = SANDBOX_SERVICES.find((each) => each === name);
    const behaviour = BEHAVIOURS.find((each) => each === wanted);
    if (service === undefined || behaviour === undefined) {
      throw new UsageError(
        `Cannot use --behave as it names no service and behaviour: ${part}. Run palisade sandbox --help for both.`,
      );
    }
    world.behaviours.set(service, behaviour);
  }
}

/** The secret that a sandbox before signed with: engines that read its file then understand the next one too. */
async function secretBefore(file: string | undefined): Promise<string | null> {
  if (file === undefined || !existsSync(file)) return null;
  const { file: before } = await readResponseFile(file);
  const endpoint = before.endpoints.get('card-processor');
  return endpoint !== undefined && 'secrets' in endpoint ? (endpoint.secrets[0] ?? null) : null;
}

/** `palisade sandbox`: serves until it is asked to stop. */
export async function runSandbox(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('sandbox', args, OPTIONS);
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('sandbox', parsed, []);
  const file = textOption(parsed, 'responses', undefined);
  const sandbox = await startSandbox({
    host: textOption(parsed, 'host', '127.0.0.1'),
    port: integerOption(parsed, 'port', { low: 0, high: 65_535, fallback: 9090 }),
    secret: textOption(parsed, 'secret', undefined) ?? (await secretBefore(file)),
    confirmTo: textOption(parsed, 'confirm-to', 'http://127.0.0.1:8080/v1/confirmations'),
  });
  try {
    const interrupted = io.interrupted();
    behave(sandbox.world, textOption(parsed, 'behave', ''));
    const { url, secret } = sandbox;
    const responses = sandboxResponses({ url: textOption(parsed, 'url', url), secret });
    if (file !== undefined) await writeFile(file, stringifyYaml(responses), { mode: 0o600 });
    io.stdout.write(`The sandbox answers at ${sandbox.url} (what was done: ${sandbox.url}/world)\n`);
    io.stdout.write(
      file === undefined
        ? `It signs with ${sandbox.secret}\n`
        : `Start the engine with: palisade serve --responses ${file}\n`,
    );
    await interrupted;
    return EXIT_OK;
  } finally {
    await sandbox.close();
  }
}
