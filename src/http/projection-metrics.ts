import { Counter, Gauge, type Registry } from 'prom-client';
import type { ProjectionStatistics, Projections } from '../ports/projections.ts';

type Reading = readonly [name: string, help: string, read: (now: ProjectionStatistics) => number];

const GAUGES: readonly Reading[] = [
  ['palisade_projections_position', 'Position that the projections have reached', (now) => now.position],
  ['palisade_projections_lag_events', 'Records that they are behind', (now) => now.headPosition - now.position],
  ['palisade_projections_lag_seconds', 'Since when they have been behind', (now) => now.lagSeconds],
  ['palisade_projections_queue_depth', 'Batches on their way to them', (now) => now.queueDepth],
  ['palisade_projections_queue_depth_max', 'Batches that may be on their way', (now) => now.queueDepthMax],
  ['palisade_projections_readers_waiting', 'Readers that wait for an answer', (now) => now.readersWaiting],
  ['palisade_projections_readers_waiting_max', 'Readers that may wait', (now) => now.readersWaitingMax],
  ['palisade_projections_outbox_depth', 'Facts of theirs that wait for the log', (now) => now.outboxCount],
  ['palisade_projections_outbox_depth_max', 'Facts that may wait before they do', (now) => now.outboxMax],
  ['palisade_projections_building', 'Projections that are being built', (now) => now.building],
  ['palisade_projections_building_seconds', 'Since when some have been', (now) => now.buildingSeconds],
  ['palisade_projections_failed', '1 where they stand still', (now) => (now.failure === '' ? 0 : 1)],
];

const COUNTERS: readonly Reading[] = [
  ['palisade_projections_records_total', 'Records that the projections took in', (now) => now.recordCount],
  [
    'palisade_projections_blocked_seconds_total',
    'Time that a full queue held their source',
    (now) => now.blockedMs / 1e3,
  ],
];

type ViewReading = readonly [name: string, help: string, read: (view: ProjectionStatistics['views'][number]) => number];

/** By view; the names come from the ruleset, so that no client can add a series. */
const VIEW_COUNTERS: readonly ViewReading[] = [
  ['palisade_view_events_total', 'Events that a view has taken', (view) => view.events],
  ['palisade_view_changes_total', 'Changes of its rows', (view) => view.changes],
  [
    'palisade_view_late_events_total',
    'Events after a window of theirs had closed, but for those that corrected it',
    (view) => view.late,
  ],
  ['palisade_view_dropped_events_total', 'Late events that no window took', (view) => view.dropped],
  ['palisade_view_corrections_total', 'Results corrected after their window had closed', (view) => view.corrections],
];

/** Shows the projections on the metrics page. */
export function registerProjections(registry: Registry, projections: Projections): void {
  const registers = [registry];
  for (const [name, help, read] of GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(projections.statistics()));
      },
    });
  }
  for (const [name, help, read] of COUNTERS) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(projections.statistics()));
      },
    });
  }
  for (const [name, help, read] of VIEW_COUNTERS) {
    new Counter({
      name,
      help,
      labelNames: ['view'],
      registers,
      collect() {
        this.reset();
        for (const view of projections.statistics().views) this.inc({ view: view.name }, read(view));
      },
    });
  }
  new Gauge({
    name: 'palisade_view_watermark_timestamp_seconds',
    help: 'Event time up to which a view thinks to have seen everything',
    labelNames: ['view'],
    registers,
    collect() {
      this.reset();
      for (const { name, watermarkMs } of projections.statistics().views) this.set({ view: name }, watermarkMs / 1e3);
    },
  });
}
