import { parentPort, workerData } from 'node:worker_threads';
import { openReadStoreReader, type ReadStoreReader } from '../../adapters/sqlite/read-store-reader.ts';
import { errorImageOf } from '../projections/projection-messages.ts';
import { answerTo } from './console-answers.ts';
import type { FromConsole, ToConsole } from './console-messages.ts';

/** Reads for analysts on a thread of its own: what a list costs delays neither a decision nor a projection. */
function serve(port: NonNullable<typeof parentPort>, file: string): void {
  const post = (message: FromConsole): void => port.postMessage(message);
  let reader: ReadStoreReader | null = null;
  port.on('message', (message: ToConsole) => {
    if (message.kind === 'close') {
      reader?.close();
      post({ kind: 'closed' });
      return;
    }
    const { id, question } = message;
    try {
      reader ??= openReadStoreReader(file);
      post({ kind: 'answer', id, answer: reader.read((readerOf) => answerTo(question, readerOf)) });
    } catch (error) {
      post({ kind: 'fault', id, error: errorImageOf(error) });
    }
  });
}

if (parentPort === null) throw new Error('The console reads on a worker thread: call startConsole.');
serve(parentPort, String(workerData.file));
