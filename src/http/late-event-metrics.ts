import { Counter, Gauge, type Registry } from 'prom-client';
import { LATE_POLICIES } from '../domain/views.ts';
import type { Engine } from '../ports/engine.ts';

/** Shows how far features think to have seen each stream, and what became of the events that came too late for them. */
export function registerLateEvents(registry: Registry, engine: Engine): void {
  const registers = [registry];
  new Counter({
    name: 'palisade_feature_late_events_total',
    help: 'Events beyond the lateness of features, by what became of them',
    labelNames: ['policy'],
    registers,
    collect() {
      this.reset();
      const { lateByPolicy } = engine.statistics();
      for (const policy of LATE_POLICIES) this.inc({ policy }, lateByPolicy[policy]);
    },
  });
  new Gauge({
    name: 'palisade_feature_watermark_timestamp_seconds',
    help: 'Event time up to which features think to have seen a stream',
    labelNames: ['stream'],
    registers,
    collect() {
      this.reset();
      for (const [stream, atMs] of Object.entries(engine.statistics().watermarksMs)) this.set({ stream }, atMs / 1e3);
    },
  });
  new Counter({
    name: 'palisade_late_reviews_total',
    help: 'Approvals evaluated anew as an event came late, by what came of it',
    labelNames: ['verdict'],
    registers,
    collect() {
      this.reset();
      const { kept, unclear, revised } = engine.statistics().lateReviews;
      for (const [verdict, count] of Object.entries({ kept, unclear, revised })) this.inc({ verdict }, count);
    },
  });
  new Gauge({
    name: 'palisade_late_review_lag_records',
    help: 'Records of the log that were not searched for late events yet',
    registers,
    collect() {
      this.set(engine.statistics().lateReviews.lagRecords);
    },
  });
}
