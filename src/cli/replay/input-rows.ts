import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { PalisadeError } from '../../domain/errors.ts';
import { type EventRecord, isEventRecord } from '../traffic/traffic-item.ts';
import { inputError } from './input-bytes.ts';

const LINE_CHARACTERS_MAX = 1024 * 1024;

/** Rows of a CSV input; the first one is the heading. Rejects with INPUT_FILE where a row has too few or many cells. */
export async function* readCsvRows(path: string, bytes: Readable): AsyncGenerator<readonly string[]> {
  const parser = parse({ bom: true, skip_empty_lines: true });
  bytes.on('error', (error) => parser.destroy(error));
  bytes.pipe(parser);
  try {
    for await (const row of parser) yield row;
  } catch (error) {
    throw error instanceof PalisadeError ? error : inputError(path, 'it is no well-formed CSV', error);
  } finally {
    bytes.destroy();
  }
}

async function* readLines(path: string, bytes: Readable): AsyncGenerator<string> {
  let rest = '';
  bytes.setEncoding('utf8');
  for await (const chunk of bytes) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS_MAX) throw inputError(path, 'a line is longer than 1 MB');
    yield* lines;
  }
  yield rest;
}

function parseLine(path: string, line: string, number: number): EventRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw inputError(path, `line ${number} is no JSON`, error);
  }
  if (!isEventRecord(value)) throw inputError(path, `line ${number} is no JSON object`);
  return value;
}

/** Objects of an NDJSON input; empty lines are passed over. Rejects with INPUT_FILE, naming the line. */
export async function* readNdjson(path: string, bytes: Readable): AsyncGenerator<EventRecord> {
  let number = 0;
  try {
    for await (const line of readLines(path, bytes)) {
      number++;
      if (line.trim() !== '') yield parseLine(path, line, number);
    }
  } catch (error) {
    throw error instanceof PalisadeError ? error : inputError(path, 'it cannot be read', error);
  } finally {
    bytes.destroy();
  }
}
