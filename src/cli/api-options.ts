import process from 'node:process';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type ParsedArguments, textOption } from './arguments.ts';
import { type CliIo, EXIT_OK } from './command.ts';

/** Help of the options that every command about a running engine has. */
export const API_HELP = `  --url URL    the engine (default: http://127.0.0.1:8080)
  --key KEY    API key (default: the variable PALISADE_KEY)
  --json       print the answer as JSON
  --help       this text
`;

/** The options themselves. */
export const API_OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A client of the engine that the options name. */
export function clientOf(parsed: ParsedArguments): ApiClient {
  const key = textOption(parsed, 'key', undefined) ?? process.env.PALISADE_KEY ?? null;
  return createApiClient(textOption(parsed, 'url', 'http://127.0.0.1:8080'), key);
}

/** Prints a help text, and answers the exit code. */
export function printHelp(io: CliIo, text: string): number {
  io.stdout.write(text);
  return EXIT_OK;
}

/** Prints an answer as JSON, and answers the exit code. */
export function printJson(io: CliIo, value: object): number {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return EXIT_OK;
}
