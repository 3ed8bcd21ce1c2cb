import { resolve } from 'node:path';
import { verifySqliteEventLog } from '../adapters/sqlite/mod.ts';
import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { countText } from './number-words.ts';
import { ProgressBar } from './progress-bar.ts';

const HELP = `Check every record of an event log: checksums, gaps, the index and the snapshots. Changes nothing.

Usage: palisade log verify [--data DIR]

  --data DIR   folder of the event log (default: data); no server may have it open
  --help       this text

Exit codes: 0 the log is whole, 1 it is not or cannot be opened, 2 the command line is not understood.
`;

/** `palisade log verify`: walks the whole log and names every problem with its position. */
export async function runLogVerify(args: readonly string[], io: CliIo): Promise<number> {
  const parsed = readArguments('log verify', args, { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } });
  if (flagOption(parsed, 'help')) {
    io.stdout.write(HELP);
    return EXIT_OK;
  }
  requirePositionals('log verify', parsed, []);
  const directory = resolve(textOption(parsed, 'data', 'data'));
  const bar = new ProgressBar(io.stderr, 'verifying');
  const report = await verifySqliteEventLog({
    directory,
    onProgress: (done, total) => bar.update(total === 0 ? 1 : done / total, done),
  });
  bar.finish();
  for (const { position, message } of report.problems) {
    io.stderr.write(`${position === null ? '' : `position ${position}: `}${message}\n`);
  }
  const { recordCount, streamCount, snapshotCount, problemCount } = report;
  io.stdout.write(
    `${countText(recordCount)} records in ${countText(streamCount)} streams, ${countText(snapshotCount)} snapshots: ` +
      `${problemCount === 0 ? 'the log is whole' : `${countText(problemCount)} problem(s)`}\n`,
  );
  return problemCount === 0 ? EXIT_OK : EXIT_FAILED;
}
