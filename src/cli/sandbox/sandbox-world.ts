import type { WebhookRefusal } from '../../adapters/webhook/webhook-verifier.d.ts';

/** What the sandbox plays. */
export const SANDBOX_SERVICES = [
  'card-processor',
  'identity-provider',
  'pager',
  'notifier',
  'cases',
  'authenticator',
  'ledger',
  'edge',
] as const;
export type SandboxService = (typeof SANDBOX_SERVICES)[number];

/**
 * How a service may behave: `ok`; `slow` answers late; `down` cuts the connection; `error` answers 500; `lost_reply`
 * does it and cuts the connection; `duplicate` confirms twice; `wrong_signature` confirms with another secret first;
 * `gone` answers 410; `silent` accepts and never confirms.
 */
export const BEHAVIOURS = [
  'ok',
  'slow',
  'down',
  'error',
  'lost_reply',
  'duplicate',
  'wrong_signature',
  'gone',
  'silent',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** A command that came in, and what was done. */
export type SandboxCall = {
  readonly service: SandboxService;
  readonly id: string;
  readonly type: string;
  /** What it is about: a card, an account. */
  readonly subject: string;
  readonly atMs: number;
  /** Whether it was the first with its id: only then anything is done. */
  readonly isFirst: boolean;
  readonly refusal: WebhookRefusal | null;
};

export type Command = {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
};

const CALLS_KEPT = 10_000;

/** A card processor, an identity provider and the others, with what they know: a world for sagas to act on. */
export class SandboxWorld {
  readonly behaviours = new Map<SandboxService, Behaviour>();
  readonly frozenCards = new Set<string>();
  readonly endedSessions = new Set<string>();
  /** Effects that were carried out, by type. */
  readonly effects = new Map<string, number>();
  readonly calls: SandboxCall[] = [];
  /** Newest command that was taken for each card: an older one comes too late. */
  readonly #sequences = new Map<string, number>();
  readonly #seen = new Set<string>();

  behaviourOf(service: SandboxService): Behaviour {
    return this.behaviours.get(service) ?? 'ok';
  }

  /** Notes a command, and carries it out if it is new. */
  take(service: SandboxService, command: Command, atMs: number, refusal: WebhookRefusal | null): SandboxCall {
    const isFirst = refusal === null && !this.#seen.has(command.id);
    const subject = subjectOf(command.data);
    const call = { service, id: command.id, type: command.type, subject, atMs, isFirst, refusal };
    this.calls.push(call);
    if (this.calls.length > CALLS_KEPT) this.calls.shift();
    if (!isFirst) return call;
    this.#seen.add(command.id);
    this.effects.set(command.type, (this.effects.get(command.type) ?? 0) + 1);
    this.#carryOut(command, subject);
    return call;
  }

  /** What the world looks like, for whoever asks. */
  report(): object {
    return {
      behaviours: Object.fromEntries(SANDBOX_SERVICES.map((service) => [service, this.behaviourOf(service)])),
      frozenCards: [...this.frozenCards],
      endedSessions: [...this.endedSessions],
      effects: Object.fromEntries(this.effects),
      calls: this.calls.slice(-100),
    };
  }

  #carryOut({ type, data }: Command, subject: string): void {
    if (type === 'sessions.revoke') this.endedSessions.add(subject);
    if (type !== 'card.freeze' && type !== 'card.unfreeze') return;
    const sequence = typeof data.sequence === 'number' ? data.sequence : 0;
    if (sequence < (this.#sequences.get(subject) ?? -1)) return;
    this.#sequences.set(subject, sequence);
    if (type === 'card.freeze') this.frozenCards.add(subject);
    else this.frozenCards.delete(subject);
  }
}

function subjectOf(data: Readonly<Record<string, unknown>>): string {
  const found = [data.cardId, data.accountId, data.transactionId, data.value, data.key].find(
    (value) => typeof value === 'string',
  );
  return typeof found === 'string' ? found : '';
}
