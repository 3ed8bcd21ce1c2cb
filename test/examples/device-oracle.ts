import type { Metric } from '../../src/domain/events.ts';
import { groupsOf, isoOf, startsOf, sumOf, type Timed, within } from './plain-definitions.ts';

const WINDOW_MS = 10_000;

/** A row with an average above its threshold, as the definition has it. */
export type AnomalyRow = {
  readonly deviceId: string;
  readonly window_start: string;
  readonly window_end: string;
  readonly avg_latency_ms: number;
  readonly avg_packet_loss_rate: number;
  readonly avg_bandwidth_usage: number;
  readonly total_flow_bytes: number;
  readonly is_high_latency: boolean;
  readonly is_high_packet_loss: boolean;
  readonly is_bandwidth_saturation: boolean;
};

function valuesOf(metrics: readonly Timed<Metric>[], name: string): readonly number[] {
  return metrics.flatMap(({ event }) => event.metrics[name] ?? []);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

/** Windows of ten seconds of each device in which an average is above its threshold. */
export function anomalyRows(metrics: readonly Timed<Metric>[]): readonly AnomalyRow[] {
  return [...groupsOf(metrics, ({ event }) => event.deviceId)].flatMap(([deviceId, own]) =>
    startsOf(own, WINDOW_MS, WINDOW_MS).flatMap((startMs) => {
      const inside = within(own, startMs, WINDOW_MS);
      const latency = meanOf(valuesOf(inside, 'latency_ms'));
      const loss = meanOf(valuesOf(inside, 'packet_loss_rate'));
      const bandwidth = meanOf(valuesOf(inside, 'bandwidth_usage_percent'));
      const tags = {
        is_high_latency: latency > 100,
        is_high_packet_loss: loss > 5,
        is_bandwidth_saturation: bandwidth > 90,
      };
      if (!Object.values(tags).includes(true)) return [];
      const window = { window_start: isoOf(startMs), window_end: isoOf(startMs + WINDOW_MS) };
      const averages = { avg_latency_ms: latency, avg_packet_loss_rate: loss, avg_bandwidth_usage: bandwidth };
      return [{ deviceId, ...window, ...averages, total_flow_bytes: sumOf(valuesOf(inside, 'flow_bytes')), ...tags }];
    }),
  );
}
