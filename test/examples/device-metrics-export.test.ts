import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { httpDoor, taken } from '../../examples/kit/http-door.ts';
import type { LabelledEvent } from '../../examples/kit/labelled-event.ts';
import type { CliIo } from '../../src/cli/command.ts';
import { runViewsExport } from '../../src/cli/views-export.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { Metric } from '../../src/domain/events.ts';
import { captureIo } from '../cli/captured-io.ts';
import { readParquetColumns, readParquetRows } from '../support/parquet-reader.ts';
import { S3StandIn } from '../support/s3-stand-in.ts';
import { anomalyRows } from './device-oracle.ts';
import { inTimeOrder, isoOf, sideEventsOf } from './plain-definitions.ts';
import { assertSameRows, exampleNamed } from './played.ts';
import { type RunningExample, startExample } from './running-example.ts';

const EXAMPLE = exampleNamed('device-metrics');
const VIEW = 'network_anomalies';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not/a+secret' } as const;
const HALVES = [`${VIEW}/date=2026-02-10/hour=09/${VIEW}.parquet`, `${VIEW}/date=2026-02-10/hour=10/${VIEW}.parquet`];

type Files = ReadonlyMap<string, Uint8Array>;

async function filesIn(root: string): Promise<Files> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = async (path: string) =>
    [relative(root, path).split(sep).join('/'), new Uint8Array(await readFile(path))] as const;
  return new Map(await Promise.all(paths.sort().map(read)));
}

/** Every row of some files as the API would give it; each has to be in the file of its hour. */
function rowsOf(files: Files): readonly unknown[] {
  return [...files].flatMap(([path, bytes]) =>
    readParquetRows(bytes).map(({ window_start: start, window_end: end, ...columns }) => {
      const { deviceId, ...rest } = columns;
      assert.ok(path.includes(`date=${isoOf(Number(start)).slice(0, 10)}/hour=${isoOf(Number(start)).slice(11, 13)}/`));
      return { deviceId, window_start: isoOf(Number(start)), window_end: isoOf(Number(end)), ...rest };
    }),
  );
}

async function sendAll(url: string, events: readonly (Metric | LabelledEvent['event'])[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const response = await taken(() => fetch(`${url}/v1/events`, { method: 'POST', headers, body }));
  const lines = (await response.text()).trim().split('\n');
  assert.ok(lines.every((line) => line.includes('"status":200')));
  await httpDoor(url).rows(VIEW);
}

/** Waits for something to become so; fails where it does not for minutes, rather than wait for ever. */
async function until(what: string, condition: () => boolean): Promise<void> {
  for (let look = 0; look < 18_000; look++) {
    if (condition()) return;
    await pause(10);
  }
  assert.fail(`never: ${what}`);
}

/** A metric of a device of its own that is far too slow, at a time. */
function slowMetric(number: number, occurredAt: string): Metric {
  const metrics = { latency_ms: 500 + number, packet_loss_rate: 1, bandwidth_usage_percent: 30, flow_bytes: 100 };
  return { type: 'metric', eventId: `slow-${number}`, occurredAt, deviceId: `slow-${number}`, metrics };
}

describe('the anomalies of devices as Parquet files', () => {
  const events = EXAMPLE.generate(1);
  const more: Metric[] = [];
  let server: RunningExample;
  let folder: string;

  const expected = (): readonly unknown[] => {
    const extra = more.map((event) => ({ event, label: { fraud: true, campaign: null } }));
    return anomalyRows(inTimeOrder(sideEventsOf('metric', [...events, ...extra])));
  };
  const run = async (args: readonly string[], interrupted?: Promise<void>): Promise<string> => {
    const captured = captureIo();
    const io: CliIo = interrupted === undefined ? captured.io : { ...captured.io, interrupted: () => interrupted };
    assert.equal(await runViewsExport([VIEW, '--url', server.url, ...args], io), 0, captured.stderr());
    return captured.stdout();
  };

  before(async () => {
    server = await startExample(EXAMPLE.name);
    folder = await mkdtemp(join(tmpdir(), 'palisade-parquet-'));
    await sendAll(
      server.url,
      events.map(({ event }) => event),
    );
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('are partitioned by date and hour and hold the rows that the definition gives', async () => {
    const output = await run(['--to', folder]);
    const files = await filesIn(folder);
    assert.deepEqual([...files.keys()], HALVES);
    assertSameRows(rowsOf(files), expected());
    // What the engine itself appends meanwhile may come between the rows and the position: the lag is then told too.
    assert.match(output, new RegExp(`^Wrote ${expected().length} rows in 2 files[.;]`));
    for (const bytes of files.values()) {
      assert.deepEqual(readParquetColumns(bytes), [
        'deviceId Utf8',
        'window_start Timestamp<MILLISECOND, UTC>',
        'window_end Timestamp<MILLISECOND, UTC>',
        'avg_latency_ms Float64',
        'avg_packet_loss_rate Float64',
        'avg_bandwidth_usage Float64',
        'total_flow_bytes Float64',
        'is_high_latency Bool',
        'is_high_packet_loss Bool',
        'is_bandwidth_saturation Bool',
      ]);
    }
  });

  test('are the same bytes after a second export, and hold no row twice after a third with more rows', async () => {
    const first = await filesIn(folder);
    await run(['--to', folder]);
    assert.deepEqual(await filesIn(folder), first);
    more.push(slowMetric(1, '2026-02-10T10:04:55.000Z'));
    await sendAll(server.url, more);
    await run(['--to', folder]);
    const files = await filesIn(folder);
    assert.deepEqual([...files.keys()], HALVES);
    assertSameRows(rowsOf(files), expected());
    assert.deepEqual(files.get(HALVES[0] ?? ''), first.get(HALVES[0] ?? ''));
  });

  test('are written from a time on where that is asked for', async () => {
    const later = await mkdtemp(join(tmpdir(), 'palisade-parquet-'));
    try {
      await run(['--to', later, '--from', '2026-02-10T10:03:00Z']);
      const files = await filesIn(later);
      assert.deepEqual([...files.keys()], HALVES.slice(1));
      assert.deepEqual(files.get(HALVES[1] ?? ''), (await filesIn(folder)).get(HALVES[1] ?? ''));
    } finally {
      await rm(later, { recursive: true, force: true });
    }
  });

  test('are the same objects in a bucket, and follow the view until the command is stopped', async () => {
    const standIn = new S3StandIn('fraud-lake', CREDENTIALS);
    const endpoint = await standIn.start();
    process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = CREDENTIALS.secretAccessKey;
    const stop = Promise.withResolvers<void>();
    try {
      const to = ['--to', 's3://fraud-lake/palisade/', '--endpoint', endpoint, '--region', standIn.region];
      await run(to);
      const folderFiles = await filesIn(folder);
      assert.deepEqual(
        [...standIn.objects],
        [...folderFiles].map(([path, bytes]) => [`palisade/${path}`, bytes]).reverse(),
      );
      const output = run([...to, '--follow', '--every', '1'], stop.promise);
      await until('the follower has begun', () => standIn.requests.length >= 4);
      more.push(slowMetric(2, '2026-02-10T10:04:59.000Z'), slowMetric(3, '2026-02-10T11:00:00.000Z'));
      await sendAll(server.url, more);
      const third = `palisade/${VIEW}/date=2026-02-10/hour=11/${VIEW}.parquet`;
      await until('the third hour is there', () => standIn.objects.has(third));
      stop.resolve();
      // The two that came after may be seen one after the other.
      assert.match(await output, /^Wrote \d+ rows in 2 files[.;].*\n(?:Wrote \d+ rows in \d files?[.;].*\n)+/);
      assertSameRows(rowsOf(new Map([...standIn.objects].sort())), expected());
    } finally {
      stop.resolve();
      delete process.env.AWS_ACCESS_KEY_ID;
      delete process.env.AWS_SECRET_ACCESS_KEY;
      await standIn.stop();
    }
  });

  test('are refused where the view or the place is none', async () => {
    const { io } = captureIo();
    const refused = (args: readonly string[]): Promise<number> => runViewsExport([...args, '--url', server.url], io);
    await assert.rejects(refused(['no_such_view', '--to', folder]), (error) =>
      isPalisadeError(error, 'REQUEST_NOT_FOUND'),
    );
    await assert.rejects(refused([VIEW]), /--to is missing/);
    await assert.rejects(refused([VIEW, '--to', 's3://B']), /names no bucket/);
    await assert.rejects(refused([VIEW, '--to', 's3://bucket/a']), /AWS_ACCESS_KEY_ID/);
    await assert.rejects(refused([VIEW, '--to', folder, '--endpoint', 'http://127.0.0.1:1']), /--to is a folder/);
    await assert.rejects(refused([VIEW, '--to', folder, '--from', 'yesterday']), /it is no time/);
  });
});
