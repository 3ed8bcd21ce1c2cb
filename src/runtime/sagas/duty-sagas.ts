import { PalisadeError } from '../../domain/errors.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type {
  FollowUp,
  SagaConfirmation,
  SagaOrder,
  SagaReport,
  SagaStart,
  SagaStatistics,
  Sagas,
} from '../../ports/saga-door.ts';
import type { SagaQuery, SagaRow } from '../../ports/saga-index.ts';
import type { SagaKind } from './saga-loader.ts';
import { followUpsOn, reportSaga } from './saga-report.ts';
import type { SagaStandby } from './saga-standby.ts';

const IDLE: SagaStatistics = {
  openByKind: {},
  escalatedByKind: {},
  oldestSecondsByKind: {},
  endedByKind: {},
  doneSecondsByKind: {},
  attemptsByOutcome: {},
  endpoints: [],
  lagRecords: 0,
  openFacts: 0,
  openFactsMax: 0,
  blockedMs: 0,
};

/**
 * The sagas as a node of a cluster has them. What the log tells is told by every node; what starts or steers one is for
 * the node that runs them, and rejects with SAGAS_ELSEWHERE on any other.
 */
export class DutySagas implements Sagas {
  readonly #log: EventLog;
  readonly #kinds: ReadonlyMap<string, SagaKind>;
  /** What runs them here, and what knows of them while another node runs them; null where there is none. */
  runner: Sagas | null = null;
  standby: SagaStandby | null = null;

  constructor(log: EventLog, kinds: ReadonlyMap<string, SagaKind>) {
    this.#log = log;
    this.#kinds = kinds;
  }

  async start(request: SagaStart): Promise<SagaRow> {
    return await this.#running().start(request);
  }

  async order(order: SagaOrder): Promise<SagaRow> {
    return await this.#running().order(order);
  }

  async confirm(confirmation: SagaConfirmation): Promise<boolean> {
    return await this.#running().confirm(confirmation);
  }

  /** Where another node runs the sagas and does not answer: as far as this one knows, some seconds late. */
  async list(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }> {
    if (this.runner === null && this.standby !== null) return await this.standby.find(query);
    return await this.#running().list(query);
  }

  read(kind: string, id: string): Promise<SagaReport | null> {
    return reportSaga(this.#log, this.#kinds, kind, id);
  }

  followUps(transactionId: string): Promise<readonly FollowUp[]> {
    return followUpsOn(this.#log, this.#kinds, transactionId);
  }

  kinds(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  statistics(): SagaStatistics {
    return this.runner?.statistics() ?? IDLE;
  }

  #running(): Sagas {
    if (this.runner !== null) return this.runner;
    throw new PalisadeError(
      'SAGAS_ELSEWHERE',
      'Cannot do this now as another node of the cluster runs the sagas and does not answer: it may be going, and ' +
        'the next one taking over. Try again.',
    );
  }
}
