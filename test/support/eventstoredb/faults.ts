/**
 * What is done to one append:
 * - `lose-request`: nothing is stored, no answer comes;
 * - `lose-reply`: stored, no answer comes;
 * - `answer-late`: stored, the answer comes after `lateMs`;
 * - `answer-twice`: stored, answered two times;
 * - `close-stream`: stored, then the server ends the stream of answers as if all was well;
 * - `break-stream`: stored, then the stream of answers fails with UNAVAILABLE;
 * - `refuse`: not stored, answered that the server has no time;
 * - `time-out`: stored, answered that its time ran out.
 */
export type AppendFault =
  | 'lose-request'
  | 'lose-reply'
  | 'answer-late'
  | 'answer-twice'
  | 'close-stream'
  | 'break-stream'
  | 'refuse'
  | 'time-out';

type Plan = { readonly fault: AppendFault; readonly stream: RegExp; skip: number; left: number };

/** How many appends a server has under way, of which each gets one answer. */
export class AppendGauge {
  /** Appends by stream. */
  readonly counts = new Map<string, number>();
  underWayMax = 0;
  #underWay = 0;

  begin(stream: string): void {
    this.counts.set(stream, (this.counts.get(stream) ?? 0) + 1);
    this.#underWay++;
    this.underWayMax = Math.max(this.underWayMax, this.#underWay);
  }

  end(): void {
    this.#underWay--;
  }
}

/** Faults that wait for their appends. */
export class FaultPlan {
  /** Delay of a late answer, ms. */
  lateMs = 300;
  readonly gauge = new AppendGauge();
  readonly #plans: Plan[] = [];

  /** Does this to the next `count` appends to streams of this name, after `skip` of them. */
  next(fault: AppendFault, stream: RegExp, count = 1, skip = 0): void {
    this.#plans.push({ fault, stream, skip, left: count });
  }

  /** The fault that an append to this stream meets. */
  take(stream: string): AppendFault | null {
    for (const plan of this.#plans) {
      if (plan.left === 0 || !plan.stream.test(stream)) continue;
      if (plan.skip > 0) {
        plan.skip--;
        return null;
      }
      plan.left--;
      return plan.fault;
    }
    return null;
  }

  /** Whether faults wait still. */
  get isPending(): boolean {
    return this.#plans.some(({ left }) => left > 0);
  }
}
