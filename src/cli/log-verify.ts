import { resolve } from 'node:path';
import { verifySqliteEventLog } from '../adapters/sqlite/mod.ts';
import { flagOption, readArguments, requirePositionals, textOption } from './arguments.ts';
import { type CliIo, EXIT_FAILED, EXIT_OK } from './command.ts';
import { ProgressBar } from './progress-bar.ts';

const HELP = `Check every record of an event log: checksums, gaps, the index and the snapshots. Changes nothing.

Usage: palisade log verify [--data DIR]

  --data DIR   folder of the event log (default: data); no server may have it open
  --help       this text

Exit codes: 0 the log is whole, 1 it is not or cannot be opened, 2 the command line is not understood.
`;
