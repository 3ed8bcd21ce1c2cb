import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { draftOf, fillStream, inDirectory, rejectsWith } from '../contracts/log-under-test.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { freshPrefix, noStoreHere, openPatientLog } from './eventstoredb-opener.ts';

/** Why the test of TLS is left out, for `skip`. */
const noTlsServer = 'Deno' in globalThis ? 'the test server has no TLS on Deno' : false;

/** Makes a certificate for this machine; false where there is no OpenSSL to make it. */
async function makeCertificate(directory: string, context: TestContext): Promise<boolean> {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'ca.pem')];
  try {
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject]);
    return true;
  } catch {
    context.diagnostic('left out: there is no openssl on this machine to make a certificate with');
    return false;
  }
}

describe('the EventStoreDB log', { skip: noStoreHere }, () => {
  test('takes certificates and credentials from the connection string', { skip: noTlsServer }, (context) =>
    inDirectory(async (directory) => {
      if (!(await makeCertificate(directory, context))) return;
      const certificate = await readFile(join(directory, 'ca.pem'));
      const tls = { certificate, key: await readFile(join(directory, 'key.pem')) };
      const server = await startTestServer({ tls, login: 'admin:secret' });
      const address = (login: string): string =>
        `esdb://${login}@localhost:${server.port}?tls=true&tlsCAFile=${join(directory, 'ca.pem')}`;
      const log = await openPatientLog({ connectionString: address('admin:secret') });
      assert.equal(await log.append(draftOf('a', { card: -1 })), 1);
      assert.equal((await log.readImage('card', 's')).revision, 0);
      await log.close();
      await rejectsWith(openPatientLog({ connectionString: address('admin:wrong') }), 'LOG_FAILED');
      await server.stop();
    }),
  );

  test('shows the certificate of the client that the connection string names', { skip: noTlsServer }, (context) =>
    inDirectory(async (directory) => {
      if (!(await makeCertificate(directory, context))) return;
      const [certificateFile, keyFile] = [join(directory, 'ca.pem'), join(directory, 'key.pem')];
      const [certificate, key] = [await readFile(certificateFile), await readFile(keyFile)];
      const server = await startTestServer({ tls: { certificate, key, authority: certificate } });
      const address = `esdb://localhost:${server.port}?tls=true&tlsCAFile=${certificateFile}`;
      const shown = `${address}&userCertFile=${certificateFile}&userKeyFile=${keyFile}`;
      const log = await openPatientLog({ connectionString: shown });
      assert.equal(await log.append(draftOf('a', { card: -1 })), 1);
      await log.close();
      await rejectsWith(openPatientLog({ connectionString: address, patienceMs: 300 }), 'LOG_UNUSABLE');
      await server.stop();
    }),
  );

  test('finds its server among several, and by discovery', async () => {
    const server = await startTestServer();
    const hosts = `127.0.0.1:${server.port},localhost:${server.port}`;
    for (const [index, start] of [`esdb://${hosts}`, `esdb+discover://127.0.0.1:${server.port}`].entries()) {
      const log = await openPatientLog({ connectionString: `${start}?tls=false` });
      assert.equal(await log.append(draftOf(`id-${index}`, { card: index - 1 })), index + 1);
      await log.close();
    }
    await server.stop();
  });

  test('hears of others with an account that may not read $all', async () => {
    const server = await startTestServer({ isAllClosed: true });
    const options = { connectionString: server.url, prefix: freshPrefix(), indexDelayMs: 5 };
    const [one, other] = await Promise.all([openPatientLog(options), openPatientLog(options)]);
    const heard = Promise.withResolvers<void>();
    other.subscribe({
      afterPosition: 0,
      onRecords: (records) => {
        if (records.some(({ recordId }) => recordId === 'card#2')) heard.resolve();
      },
      onError: heard.reject,
    });
    await fillStream(one, 'card', 3);
    await heard.promise;
    await Promise.all([one.close(), other.close()]);
    await server.stop();
  });

  test('tells the server how long to keep records, and goes on where the oldest are gone', async () => {
    const server = await startTestServer();
    const prefix = freshPrefix();
    const options = { connectionString: server.url, prefix, indexDelayMs: 5 };
    const log = await openPatientLog({ ...options, maxAgeSeconds: 3600 });
    for (let at = 0; at < 6; at++) await log.append(draftOf(`card#${at}`, { card: at - 1 }));
    log.writeSnapshot({ stream: 'card', revision: 3, schema: 's', state: Uint8Array.of(3) });
    await log.close();
    const metastream = `$$${prefix}palisade-journal`;
    const told = server.store.event(metastream, server.store.headOf(metastream));
    assert.deepEqual(JSON.parse(Buffer.from(told?.data ?? []).toString()), { $maxAge: 3600 });
    const data = new TextEncoder().encode(JSON.stringify({ $tb: 4 }));
    const event = { id: crypto.randomUUID(), type: '$metadata', contentType: 'application/json', data };
    server.store.append(metastream, 'any', [{ ...event, metadata: new Uint8Array() }]);
    const again = await openPatientLog(options);
    const image = await again.readImage('card', 's');
    assert.deepEqual([image.snapshot?.revision, image.revision], [3, 5]);
    assert.deepEqual(
      image.records.map(({ position }) => position),
      [5, 6],
    );
    assert.equal(await again.append(draftOf('card#6', { card: 5 })), 7);
    assert.deepEqual(
      (await again.readAll(0, 10)).map(({ position }) => position),
      [5, 6, 7],
    );
    await again.close();
    await server.stop();
  });

  test('finds ids of long ago without reading the journal from its start', async () => {
    const server = await startTestServer();
    const prefix = freshPrefix();
    const options = { connectionString: server.url, prefix, indexDelayMs: 5 };
    const log = await openPatientLog(options);
    const count = 9000;
    const appends = Array.from({ length: count }, (_, at) => log.append(draftOf(`id-${at}`, {}, `"${at}"`)));
    await Promise.all(appends);
    await log.close();
    assert.equal(server.store.headOf(`${prefix}palisade-ids`), 1);
    const again = await openPatientLog(options);
    assert.equal((await again.readRecord('id-17'))?.body, '"17"');
    assert.equal(await again.append(draftOf('id-8500', {}, '"8500"')), 8501);
    await rejectsWith(again.append(draftOf('id-4000', {}, '"other"')), 'LOG_RECORD_EXISTS');
    assert.equal(await again.append(draftOf('new', {})), count + 1);
    await again.close();
    await server.stop();
  });
});
