import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { draftOf } from '../contracts/log-under-test.ts';

/** Opens the log in a directory and appends until it is killed or the log fails; tells each acknowledgement. */
async function appendUntilTheEnd(directory: string, prefix: string): Promise<void> {
  const body = JSON.stringify({ padding: 'x'.repeat(400) });
  try {
    const log = await openSqliteEventLog({ directory, tailLimit: 64 });
    const [newest] = (await log.readAll(log.statistics().headPosition - 1, 1)).values();
    let revision = newest?.streams.at(-1)?.revision ?? -1;
    console.log('open');
    for (;;) {
      const appends = Array.from({ length: 8 }, async () => {
        const recordId = `${prefix}-${revision + 1}`;
        const position = await log.append(draftOf(recordId, { [`card-${recordId}`]: -1, common: revision++ }, body));
        console.log(`ack ${position} ${recordId}`);
      });
      const results = await Promise.allSettled(appends);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed === undefined) continue;
      if (!isPalisadeError(failed.reason, 'LOG_FAILED')) throw failed.reason;
      const reported = await log.failed;
      const after = await log.append(draftOf('after', { common: revision })).catch((error: unknown) => error);
      const codes = [failed.reason, reported, after].map((each) => (isPalisadeError(each) ? each.code : String(each)));
      console.log(JSON.stringify({ codes, message: reported.message }));
      process.exit(7);
    }
  } catch (error) {
    console.log(
      JSON.stringify({ codes: [isPalisadeError(error) ? error.code : String(error)], message: String(error) }),
    );
    process.exit(8);
  }
}

const [, , directory = '', prefix = ''] = process.argv;
await appendUntilTheEnd(directory, prefix);
