import autocannon from 'autocannon';
import { type Figure, figure, median, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText, randomNumbers } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';
import { temporaryFolder } from './harness.ts';
import { ECHO, PALISADE, type ServerUnderTest, startServerUnderTest } from './servers.ts';

const CARDS = 5_000;
/** So many that one commit's payments are decided while those of another are on their way to the disk. */
const CONNECTIONS = 256;
const BODIES = 20_000;
const LOOK_MS = 200;

let loadNumber = 0;

/** Sends payments that are new, each connection the next one when it has its answer. Answers per second. */
async function load(server: ServerUnderTest, seconds: number): Promise<number> {
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
  // Where the disk stalls the server sheds load: what it sheds is not counted as served.
  if (result.errors > 0 || result['4xx'] > 0 || result['2xx'] === 0) {
    throw new Error(`The server failed ${result.errors} requests and refused ${result['4xx']} of ${result['2xx']}`);
  }
  return result['2xx'] / result.duration;
}

/** Waits until the views of a server have taken in all that it decided: what is left of a peak is no steady state. */
async function caughtUp({ url }: ServerUnderTest): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const lag = /^palisade_projections_lag_events (\d+)$/m.exec(metrics)?.[1];
    if (lag === undefined) throw new Error(`The server does not tell how far its views are behind: ${metrics}`);
    if (lag === '0') return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function paymentsOf(prefix: string): (index: number) => string {
  const random = randomNumbers(7);
  return (index) => paymentText(index, Math.floor(random() * CARDS), prefix, ordinaryStepMs(CARDS));
}

/** Durable authorizations over HTTP against a bare Fastify echo of the same bodies, by the same load generator. */
export async function measureHttp({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const seconds = quick ? 2 : 6;
  const folder = await temporaryFolder();
  const palisade = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const echo = await startServerUnderTest(ECHO, []);
  const steady = new SteadyLoad(palisade.url, CONNECTIONS);
  const own: number[] = [];
  const bare: number[] = [];
  const ratios: number[] = [];
  const p50s: number[] = [];
  const p99s: number[] = [];
  const shed: number[] = [];
  try {
    await load(palisade, seconds);
    await load(echo, seconds);
    for (let run = 0; run < runs; run++) {
      const echoed = await load(echo, seconds);
      const decided = await load(palisade, seconds);
      bare.push(echoed);
      own.push(decided);
      ratios.push(decided / echoed);
      note(`  run ${run + 1} of ${runs}: ${Math.round(decided)} of ${Math.round(echoed)}/s`);
    }
    const half = Math.round(median(own) / 2);
    await caughtUp(palisade);
    for (let run = 0; run < runs; run++) {
      const { timesMs, shedCount } = await steady.run(half * seconds, half, paymentsOf(`steady${run}`));
      p50s.push(quantile(timesMs, 0.5));
      p99s.push(quantile(timesMs, 0.99));
      shed.push(shedCount / (half * seconds));
      note(`  open loop ${run + 1} of ${runs} at ${half}/s: p99 ${p99s.at(-1)?.toFixed(1)} ms, ${shedCount} shed`);
    }
  } finally {
    steady.close();
    await palisade.stop();
    await echo.stop();
    await folder.remove();
  }
  return [
    figure('http_ratio_to_bare', 'durable authorizations over HTTP, of the bare echo', 'ratio', ratios, '>= 0.5'),
    figure('http_per_s', 'durable authorizations, fsync before each answer', '1/s', own),
    figure('http_bare_per_s', 'bare Fastify echo of the same bodies', '1/s', bare),
    figure('http_p50_ms', 'at half of the peak, open loop, from caught up', 'ms', p50s),
    figure('http_p99_ms', 'at half of the peak, open loop, from caught up', 'ms', p99s, '< 20'),
    figure('http_shed_share', 'at half of the peak, open loop', 'ratio', shed),
  ];
}
