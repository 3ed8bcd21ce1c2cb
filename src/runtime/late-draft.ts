import type { ActorKind, Revision } from '../domain/entities.ts';
import type { FeatureSpec } from '../domain/features.ts';
import type { FeatureCorrection, LateArrival } from '../domain/records.ts';
import type { LatePolicy } from '../domain/views.ts';
import { featuresAt, type WindowPlan } from '../windows/mod.ts';
import type { ActorSlot } from './actor-slot.ts';
import type { LateVerdict } from './late-gate.ts';

/** What a draft needs of the program that decides. */
export type LateProgram = {
  readonly ruleset: { readonly features: readonly FeatureSpec[] };
  readonly kinds: Readonly<Record<ActorKind, { readonly plan: WindowPlan }>>;
  readonly lateByPolicy: Record<LatePolicy, number>;
};

/** An actor before the event: its revision, and its features at the time that the event leaves it at. */
type Noted = { readonly slot: ActorSlot; readonly revision: Revision; readonly before: Float64Array };

/** Aggregates about the current event: they are no results that a later event could correct. */
const ABOUT_CURRENT: ReadonlySet<FeatureSpec['aggregate']['function']> = new Set([
  'zscore',
  'iqr_position',
  'first_time',
  'distance_km',
  'speed_kmh',
  'home_distance_km',
  'idle_s',
]);

/** Whether the windows are to leave the event of a record out. */
export function isLeftOut(late: LateArrival | undefined): boolean {
  return late !== undefined && late.policy !== 'correct';
}

/**
 * An event that came too late for features, while it is decided. Where they are corrected, what each actor had is kept,
 * so that the record can tell what changed. O(state of the actors), for late events alone.
 */
export class LateDraft {
  readonly isLeftOut: boolean;
  readonly #verdict: LateVerdict;
  readonly #program: LateProgram;
  readonly #atMs: number;
  readonly #noted: Noted[] = [];

  constructor(verdict: LateVerdict, program: LateProgram, atMs: number) {
    this.#verdict = verdict;
    this.#program = program;
    this.#atMs = atMs;
    this.isLeftOut = verdict.policy !== 'correct';
  }

  /** Keeps what an actor's features are without the event. One that has told nothing yet has nothing to correct. */
  note(slot: ActorSlot): void {
    if (this.isLeftOut || slot.revision < 0) return;
    this.#noted.push({ slot, revision: slot.revision, before: this.#featuresOf(slot) });
  }

  /** What the record says, once every actor has been told the outcome. */
  record(): LateArrival {
    return { ...this.verdict(), corrections: this.#noted.flatMap((noted) => this.#correctionOf(noted) ?? []) };
  }

  /** What the record of a decision in place of this one says. */
  verdict(): LateArrival {
    const { policy, watermarkMs } = this.#verdict;
    return { policy, watermark: new Date(watermarkMs).toISOString(), corrections: [] };
  }

  /** Counts the event, once it is recorded. */
  count(): void {
    this.#program.lateByPolicy[this.#verdict.policy] += 1;
  }

  #featuresOf({ kind, live }: ActorSlot): Float64Array {
    const { plan } = this.#program.kinds[kind];
    return live === null ? new Float64Array(0) : featuresAt(plan, live.snapshot.state.windows, this.#atMs);
  }

  #correctionOf({ slot, revision, before }: Noted): FeatureCorrection | null {
    const after = this.#featuresOf(slot);
    const changed = this.#program.ruleset.features
      .filter((spec) => spec.by === slot.kind)
      .map((spec, index) => ({ spec, was: before[index] ?? 0, is: after[index] ?? 0 }))
      .filter(({ spec, was, is }) => was !== is && !ABOUT_CURRENT.has(spec.aggregate.function));
    if (changed.length === 0) return null;
    return {
      kind: slot.kind,
      id: slot.id,
      corrects: revision,
      before: Object.fromEntries(changed.map(({ spec, was }) => [spec.name, was])),
      after: Object.fromEntries(changed.map(({ spec, is }) => [spec.name, is])),
    };
  }
}
