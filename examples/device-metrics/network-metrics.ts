import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type Label, type LabelledEvent, timeText } from '../kit/labelled-event.ts';

const START_MS = Date.UTC(2026, 1, 10, 9, 55);
const SAMPLE_MS = 2_500;
const SAMPLES = 240;
const SAMPLES_IN_WINDOW = 4;
const DEVICES = 8;
/** Samples of one disturbance: half a minute. */
const LENGTH = 3 * SAMPLES_IN_WINDOW;

type Metrics = {
  readonly latency_ms: number;
  readonly packet_loss_rate: number;
  readonly bandwidth_usage_percent: number;
};

/** A device that is disturbed from a sample on, and what it measures then. */
type Disturbance = {
  readonly device: number;
  readonly fromSample: number;
  readonly metrics: Partial<Metrics>;
  readonly label: Label;
};

const LATENCY = { latency_ms: 240 };
const LOSS = { packet_loss_rate: 14 };
const BANDWIDTH = { bandwidth_usage_percent: 97 };

function disturbances(random: RandomSource): readonly Disturbance[] {
  const kinds = [
    ['high-latency', LATENCY],
    ['packet-loss', LOSS],
    ['saturation', BANDWIDTH],
    ['failing', { ...LATENCY, ...LOSS, ...BANDWIDTH }],
  ] as const;
  return kinds.flatMap(([kind, metrics], place) =>
    [1, 2, 3].map((number) => {
      // Begins with a window of ten seconds: it would raise the average of a part of one too little.
      const fromSample = SAMPLES_IN_WINDOW * random.integer(number * 15, number * 15 + 10);
      return { device: place * 2 + (number % 2), fromSample, metrics, label: campaignOf(kind, number) };
    }),
  );
}

function calm(random: RandomSource): Metrics {
  return {
    latency_ms: Math.round(random.between(10, 60) * 100) / 100,
    packet_loss_rate: Math.round(random.between(0, 2) * 100) / 100,
    bandwidth_usage_percent: Math.round(random.between(20, 70) * 100) / 100,
  };
}

/** Ten minutes, across a full hour, of eight devices and one that stays exactly on a threshold; as they arrive. */
export function generateMetrics(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'device-metrics');
  const events: LabelledEvent[] = [];
  const disturbed = disturbances(random);
  const add = (deviceId: string, sample: number, metrics: Record<string, number>, label: Label): void => {
    const eventId = `metric-${events.length + 1}`;
    const occurredAt = timeText(START_MS + sample * SAMPLE_MS + random.integer(0, SAMPLE_MS - 1));
    const producer = `collector-${(events.length % 2) + 1}`;
    events.push({ event: { type: 'metric', eventId, occurredAt, deviceId, metrics, producer }, label });
  };
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (let device = 0; device < DEVICES; device++) {
      const own = disturbed.find(
        ({ device: of, fromSample }) => of === device && sample >= fromSample && sample < fromSample + LENGTH,
      );
      const measured = { ...calm(random), flow_bytes: random.integer(1_000, 900_000), ...own?.metrics };
      // Some samples lack a value, which is no zero.
      const { latency_ms: _, ...others } = measured;
      const metrics = own === undefined && random.chance(0.05) ? others : measured;
      add(`switch-${device + 1}`, sample, metrics, own?.label ?? HONEST);
    }
    add('switch-threshold', sample, { latency_ms: 100, packet_loss_rate: 5, bandwidth_usage_percent: 90 }, HONEST);
  }
  return arrivalOrder(events, { lateShare: 0.3, latenessMs: 5_000, repeatShare: 0.05 }, random);
}
