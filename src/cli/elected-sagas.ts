import { openSagaIndex } from '../adapters/sqlite/sqlite-saga-index.ts';
import type { ResponseFile } from '../codec/mod.ts';
import type { Position } from '../domain/entities.ts';
import type { Checkpoint } from '../ports/checkpoint-store.ts';
import type { DutyRegister } from '../ports/event-log.ts';
import type { DutyWork } from '../runtime/cluster/duty-keeper.ts';
import type { DutySession } from '../runtime/cluster/duty-session.ts';
import { DutySagas } from '../runtime/sagas/duty-sagas.ts';
import { sagaKindsOf } from '../runtime/sagas/saga-rules.ts';
import { SagaStandby } from '../runtime/sagas/saga-standby.ts';
import { SAGA_DEFINITIONS } from './saga-kinds.ts';
import { checkResponses, createSagas, type SagaService, type SagaServiceParts } from './saga-service.ts';

/** How often it is noted how far the log is followed, ms: what the next node to run the sagas reads again. */
const NOTE_MS = 1_000;

/** Sagas of a cluster, as one of its nodes has them. */
export type ElectedSagas = Omit<SagaService, 'followedPosition'> & {
  /** Runs the sagas from now on, for as long as the duty is this node's. */
  begin(session: DutySession): Promise<DutyWork>;
};

/**
 * The part of a node in the sagas of its cluster: it follows where they stand, until it is to run them. Throws
 * CONFIG_INVALID where the file of responses does not fit.
 */
export function createElectedSagas(parts: SagaServiceParts, register: DutyRegister): ElectedSagas {
  return new ElectedSagaService(parts, register);
}

class ElectedSagaService implements ElectedSagas {
  readonly sagas: DutySagas;
  readonly #parts: SagaServiceParts;
  readonly #register: DutyRegister;
  #file: ResponseFile;
  #check: SagaService['checkConfirmation'];
  #running: SagaService | null = null;
  #isClosed = false;

  constructor(parts: SagaServiceParts, register: DutyRegister) {
    this.#parts = parts;
    this.#register = register;
    this.#file = parts.file;
    this.#check = checkResponses(parts.file, parts);
    this.sagas = new DutySagas(parts.log, sagaKindsOf(SAGA_DEFINITIONS));
  }

  readonly checkConfirmation: SagaService['checkConfirmation'] = (endpoint, headers, body) =>
    this.#check(endpoint, headers, body);

  install(file: ResponseFile): void {
    this.#check = checkResponses(file, this.#parts);
    this.#running?.install(file);
    this.#file = file;
  }

  async open(): Promise<void> {
    const { log, directory, clock, logger } = this.#parts;
    const index = await openSagaIndex(directory);
    const followed = async (): Promise<Position> => {
      const kept = await this.#register.read().catch(() => null);
      return kept?.entry.position ?? 0;
    };
    const kinds = sagaKindsOf(SAGA_DEFINITIONS);
    this.sagas.standby = await SagaStandby.open({ log, index, kinds, followed, clock, logger });
  }

  async begin(session: DutySession): Promise<DutyWork> {
    await this.#closeStandby();
    const mayAct = (): Promise<boolean> => session.assured();
    const running = await createSagas({ ...this.#parts, file: this.#file, mayAct });
    try {
      await running.open();
    } catch (error) {
      await running.close();
      await this.#stand();
      throw error;
    }
    this.#running = running;
    this.sagas.runner = running.sagas;
    const noting = this.#note(session, running);
    return {
      close: async () => {
        this.#running = null;
        this.sagas.runner = null;
        noting.cancel();
        await running.close();
        await session.write(positionOf(running)).catch(() => {});
        await this.#stand();
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closeStandby();
  }

  /** Notes how far the sagas are from time to time, where they have moved. */
  #note(session: DutySession, running: SagaService): { cancel(): void } {
    const { clock } = this.#parts;
    let noted = -1;
    const next = async (): Promise<void> => {
      const checkpoint = positionOf(running);
      // Where it is not noted, more is read again by the next node.
      if (checkpoint.position !== noted) await session.write(checkpoint).catch(() => {});
      noted = checkpoint.position;
      if (this.#running === running) timer = clock.schedule(NOTE_MS, () => void next());
    };
    let timer = clock.schedule(NOTE_MS, () => void next());
    return { cancel: () => timer.cancel() };
  }

  async #stand(): Promise<void> {
    if (!this.#isClosed) await this.open();
  }

  async #closeStandby(): Promise<void> {
    const { standby } = this.sagas;
    this.sagas.standby = null;
    await standby?.close();
  }
}

function positionOf(running: SagaService): Checkpoint {
  return { position: running.followedPosition(), recordId: '' };
}
