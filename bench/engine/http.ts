import autocannon from 'autocannon';
import { type Figure, figure, median } from '../figures.ts';
import { ordinaryStepMs, paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { temporaryFolder } from './harness.ts';
import { ECHO, PALISADE, type ServerUnderTest, startServerUnderTest } from './servers.ts';

const CARDS = 5_000;
/** So many that one commit's payments are decided while those of another are on their way to the disk. */
const CONNECTIONS = 256;
const BODIES = 20_000;

type Load = {
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the requests that were shed. */
  readonly shedShare: number;
};

let loadNumber = 0;

/** Sends payments that no server has seen, for a time; with a rate, whether or not the answers keep up (open loop). */
async function load(server: ServerUnderTest, seconds: number, ratePerS: number | null): Promise<Load> {
  loadNumber += 1;
  const random = randomNumbers(loadNumber + 1);
  const texts = Array.from({ length: BODIES }, (_, index) =>
    paymentText(index, Math.floor(random() * CARDS), 'BODY', ordinaryStepMs(CARDS)),
  );
  const prefix = `load${loadNumber}`;
  let sent = 0;
  const result = await autocannon({
    url: `${server.url}/v1/authorizations`,
    connections: CONNECTIONS,
    duration: seconds,
    ...(ratePerS === null ? {} : { overallRate: ratePerS }),
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => {
          const text = texts[sent % BODIES] ?? '';
          return { ...request, body: text.replace(/BODY-\d+/, `${prefix}-${sent++}`) };
        },
      },
    ],
  });
  if (result.errors > 0 || result['4xx'] > 0 || result['2xx'] === 0) {
    throw new Error(`The server failed ${result.errors} requests and refused ${result['4xx']} of ${result['2xx']}`);
  }
  const { p50, p99 } = result.latency;
  // Where the disk stalls the server sheds load: what it sheds is not counted as served, and is told beside the rest.
  const shedShare = result.non2xx / (result.non2xx + result['2xx']);
  return { requestsPerS: result['2xx'] / result.duration, p50Ms: p50, p99Ms: p99, shedShare };
}

/** Durable authorizations over HTTP against a bare Fastify echo of the same bodies, by the same load generator. */
export async function measureHttp({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const seconds = quick ? 2 : 6;
  const folder = await temporaryFolder();
  const palisade = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const echo = await startServerUnderTest(ECHO, []);
  const own: number[] = [];
  const bare: number[] = [];
  const ratios: number[] = [];
  const p50s: number[] = [];
  const p99s: number[] = [];
  const shed: number[] = [];
  try {
    await load(palisade, seconds, null);
    await load(echo, seconds, null);
    for (let run = 0; run < runs; run++) {
      const echoed = await load(echo, seconds, null);
      const decided = await load(palisade, seconds, null);
      bare.push(echoed.requestsPerS);
      own.push(decided.requestsPerS);
      ratios.push(decided.requestsPerS / echoed.requestsPerS);
      note(`  run ${run + 1} of ${runs}: ${Math.round(decided.requestsPerS)} of ${Math.round(echoed.requestsPerS)}/s`);
    }
    const half = Math.round(median(own) / 2);
    for (let run = 0; run < runs; run++) {
      const { p50Ms, p99Ms, shedShare } = await load(palisade, seconds, half);
      p50s.push(p50Ms);
      p99s.push(p99Ms);
      shed.push(shedShare);
      note(`  open loop ${run + 1} of ${runs} at ${half}/s: p50 ${p50Ms} ms, p99 ${p99Ms} ms, shed ${shedShare}`);
    }
  } finally {
    await palisade.stop();
    await echo.stop();
    await folder.remove();
  }
  return [
    figure('http_ratio_to_bare', 'durable authorizations over HTTP, of the bare echo', 'ratio', ratios, '>= 0.5'),
    figure('http_per_s', 'durable authorizations, fsync before each answer', '1/s', own),
    figure('http_bare_per_s', 'bare Fastify echo of the same bodies', '1/s', bare),
    figure('http_p50_ms', 'at half of the peak, open loop', 'ms', p50s),
    figure('http_p99_ms', 'at half of the peak, open loop', 'ms', p99s, '< 20'),
    figure('http_shed_share', 'at half of the peak, open loop', 'ratio', shed),
  ];
}
