import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { drivesNode } from '../integration/engine-process.ts';
import { type HttpCaller, paymentText } from '../integration/http-caller.ts';
import { onWorkbench, type Workbench } from '../integration/workbench.ts';
import { textOf } from './compose-model.ts';

const needsSignals = process.platform === 'win32' ? 'a process cannot be paused on Windows' : drivesNode;
const HANDBOOK = textOf('docs/operating.md');

/** The command lines of the handbook that back up a running engine, as a script. */
function backupScript(): string {
  const script = /```\n\s*(kill -STOP[\s\S]*?)```/.exec(HANDBOOK)?.[1];
  return script ?? assert.fail('docs/operating.md has no commands for a backup');
}

function payment(index: number): string {
  const occurredAt = new Date(Date.UTC(2026, 0, 31, 12, 0, index)).toISOString();
  return paymentText(`payment-${index}`, { occurredAt, cardId: `card-${index % 7}`, amountMinor: 100 + index * 97 });
}

/** A payment by entities that pay at no other time, so that a copy knows as much of them as its original. */
function quietPayment(index: number): string {
  const others = {
    accountId: 'account-quiet',
    deviceId: 'device-quiet',
    merchantId: 'merchant-quiet',
    ip: '192.0.2.99',
  };
  const occurredAt = new Date(Date.UTC(2026, 0, 31, 12, 0, index)).toISOString();
  return paymentText(`quiet-${index}`, { ...others, occurredAt, cardId: 'card-quiet', amountMinor: 90_000 });
}

/** Pays until it is told to end; resolves with every answer by its number. */
async function payOn(caller: HttpCaller, answers: Map<number, string>, isOver: () => boolean): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (!isOver()) {
      const index = next++;
      const { status, text } = await caller.authorize(payment(index));
      assert.equal(status, 200, text);
      answers.set(index, text);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

/** What an answer decides, without how often its actors had been written to. */
function decisionOf(text: string): object {
  const { outcome, score, reasons, rulesetVersion } = JSON.parse(text);
  return { outcome, score, reasons, rulesetVersion };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function assertWhole(bench: Workbench, folder: string): Promise<void> {
  const verified = bench.launch(['log', 'verify', '--data', folder]);
  assert.equal(await verified.ended, 0, verified.output);
  assert.match(verified.stdout, /the log is whole/);
}

describe('a backup of the embedded log', { skip: needsSignals }, () => {
  test('is taken under load by the commands of the handbook, verified, restored, and decides the same', () =>
    onWorkbench(async (bench) => {
      const engine = await bench.serve();
      const answers = new Map<number, string>();
      let isOver = false;
      for (let index = 0; index < 7; index++) await bench.call(engine).authorize(quietPayment(index));
      const paying = payOn(bench.call(engine), answers, () => isOver);
      await until(() => answers.size >= 150);
      const acknowledged = new Map(answers);
      const backup = join(bench.folder, 'backup');
      const env = { ...process.env, PID: String(engine.processId), DATA: bench.data, BACKUP: backup };
      await promisify(execFile)('sh', ['-ec', backupScript()], { env });
      const copied = answers.size;
      await until(() => answers.size >= copied + 100);
      isOver = true;
      await paying;
      const decided = decisionOf((await bench.call(engine).authorize(quietPayment(7))).text);
      assert.match(JSON.stringify(decided), /"card\.count_/, 'decided by what came before');
      await engine.end('SIGKILL');
      await assertWhole(bench, bench.data);

      await assertWhole(bench, backup);
      // What is made from the log is made again.
      await rm(join(backup, 'views.sqlite'));
      const restored = await bench.serve(['--open', '--data', backup]);
      const caller = bench.call(restored);
      for (const [index, text] of acknowledged) {
        const again = await caller.authorize(payment(index));
        assert.deepEqual([again.text, again.headers['palisade-repeated']], [text, 'true']);
      }
      assert.deepEqual(decisionOf((await caller.authorize(quietPayment(7))).text), decided);
    }));
});
