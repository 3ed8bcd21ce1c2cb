import { type MailEndpoint, SmtpOutbound } from '../adapters/smtp/smtp-outbound.ts';
import { openSagaIndex } from '../adapters/sqlite/sqlite-saga-index.ts';
import { type WebhookEndpoint, WebhookOutbound, type WebhookTargets } from '../adapters/webhook/webhook-outbound.ts';
import { secretBytes, WebhookVerifier } from '../adapters/webhook/webhook-verifier.js';
import type { EndpointSettings, ResponseFile } from '../codec/mod.ts';
import type { Position } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { Outbound } from '../ports/outbound.ts';
import type { Random } from '../ports/random.ts';
import type { ConfirmationCheck, Sagas } from '../ports/saga-door.ts';
import { type BusEndpoint, BusOutbound } from '../runtime/sagas/bus-outbound.ts';
import type { LaneSettings } from '../runtime/sagas/endpoint-lane.ts';
import { EngineEffects } from '../runtime/sagas/engine-effects.ts';
import { DEFAULT_LANE } from '../runtime/sagas/saga-outbox.ts';
import type { SagaRules } from '../runtime/sagas/saga-rules.ts';
import { SagaRunner } from '../runtime/sagas/saga-runner.ts';
import { SAGA_DEFINITIONS } from './saga-kinds.ts';

/** Sagas whose state is kept in memory. */
const RESIDENT_MAX = 10_000;
/** Effects on the engine itself that are under way at a time. */
const ENGINE_CONCURRENCY = 64;

export type SagaServiceParts = {
  readonly file: ResponseFile;
  /** Folder of the index. */
  readonly directory: string;
  readonly log: EventLog;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly version: string;
  /** The message bus, where there is one. */
  readonly bus: MessageBus | null;
  /** Asked before each attempt to deliver: false where another process runs the sagas by now. Absent where none may. */
  readonly mayAct?: () => Promise<boolean>;
};

/** Sagas that run, and what the doors need of them. */
export type SagaService = {
  readonly sagas: Sagas;
  readonly checkConfirmation: ConfirmationCheck;
  /** Goes by another file from now on. Throws CONFIG_INVALID, and then nothing changes. */
  install(file: ResponseFile): void;
  /** Up to where every fact has its sagas. */
  readonly followedPosition: () => Position;
  /** Resumes what was under way and begins to follow the log: once confirmations can arrive. */
  open(): Promise<void>;
  close(): Promise<void>;
};

/** What a file of responses comes to, checked as a whole before any of it is used. */
type Wiring = SagaRules & {
  readonly targets: WebhookTargets;
  /** Effects that go another way than by webhook. */
  readonly ways: ReadonlyMap<string, Outbound>;
  readonly checkConfirmation: ConfirmationCheck;
};

function wiringOf(file: ResponseFile, parts: SagaServiceParts): Wiring {
  return {
    responses: file,
    endpoints: lanesOf(file),
    options: file.options,
    targets: { endpoints: webhookEndpoints(file), callbackUrl: file.callbackUrl },
    ways: otherWays(file, parts),
    checkConfirmation: confirmationCheck(file, parts.clock),
  };
}

/** Checks a file of responses as a whole, and answers how confirmations are checked by it. Throws CONFIG_INVALID. */
export function checkResponses(file: ResponseFile, parts: SagaServiceParts): ConfirmationCheck {
  return wiringOf(file, parts).checkConfirmation;
}

/** Puts the sagas together; `open` starts them. Rejects with CONFIG_INVALID. */
export async function createSagas(parts: SagaServiceParts): Promise<SagaService> {
  const { clock, random, logger, log, version, directory } = parts;
  let wiring = wiringOf(parts.file, parts);
  const webhooks = new WebhookOutbound({ ...wiring.targets, clock, version });
  const outbound: Outbound = {
    deliver: (command) => (wiring.ways.get(command.endpoint) ?? webhooks).deliver(command),
  };
  const index = await openSagaIndex(directory);
  const { mayAct } = parts;
  const base = { log, index, clock, random, logger, outbound, ...(mayAct === undefined ? {} : { mayAct }) };
  const sagas = new SagaRunner({ ...base, ...wiring, definitions: SAGA_DEFINITIONS, residentMax: RESIDENT_MAX });
  return {
    sagas,
    checkConfirmation: (endpoint, headers, body) => wiring.checkConfirmation(endpoint, headers, body),
    install: (file) => {
      wiring = wiringOf(file, parts);
      webhooks.configure(wiring.targets);
      sagas.install(wiring);
    },
    followedPosition: () => sagas.followedPosition,
    open: () => sagas.open(),
    close: async () => {
      await sagas.close();
      webhooks.close();
    },
  };
}

function lanesOf({ endpoints }: ResponseFile): ReadonlyMap<string, LaneSettings> {
  const lanes = new Map<string, LaneSettings>();
  for (const [name, { concurrency, per_hour: perHourMax }] of endpoints) {
    lanes.set(name, { ...DEFAULT_LANE, concurrency, perHourMax });
  }
  // Last: what has a way to go leaves first.
  lanes.set('engine', { ...DEFAULT_LANE, concurrency: ENGINE_CONCURRENCY });
  return lanes;
}

function webhookEndpoints({ endpoints }: ResponseFile): ReadonlyMap<string, WebhookEndpoint> {
  const found = new Map<string, WebhookEndpoint>();
  for (const [name, settings] of endpoints) {
    if (!('url' in settings)) continue;
    requireSecrets(name, settings);
    const {
      url,
      format,
      secrets,
      timeout,
      allow_private: allowPrivate,
      confirmation,
      routing_key: routingKey,
    } = settings;
    found.set(name, { url, format, secrets, timeoutMs: timeout, allowPrivate, confirmation, routingKey });
  }
  return found;
}

/** What is sent unsigned could come from anybody. */
function requireSecrets(name: string, settings: Extract<EndpointSettings, { readonly url: string }>): void {
  const { format, secrets } = settings;
  const isSigned =
    format === 'standard' && secrets.length > 0 && secrets.every((secret) => secretBytes(secret) !== null);
  if (format !== 'standard' || isSigned) return;
  throw new PalisadeError(
    'CONFIG_INVALID',
    `Cannot use the endpoint ${name} as it has no secret to sign with, or one of another form: ` +
      'give "whsec_" and 24 to 64 bytes in base64.',
  );
}

/** The effects on the engine, mails and messages, each by the name of its endpoint. */
function otherWays(file: ResponseFile, { engine, clock, bus }: SagaServiceParts): ReadonlyMap<string, Outbound> {
  const ways = new Map<string, Outbound>([['engine', new EngineEffects(engine)]]);
  const mails = new Map<string, MailEndpoint>();
  const topics = new Map<string, BusEndpoint>();
  for (const [name, settings] of file.endpoints) {
    if ('smtp' in settings) mails.set(name, { ...settings, timeoutMs: settings.timeout });
    if ('topic' in settings) topics.set(name, settings);
  }
  const smtp = new SmtpOutbound(mails, clock);
  for (const name of mails.keys()) ways.set(name, smtp);
  if (topics.size === 0) return ways;
  if (bus === null) {
    const names = [...topics.keys()].join(', ');
    throw new PalisadeError(
      'CONFIG_INVALID',
      `Cannot use an endpoint that is a topic as there is no message bus: ${names}. Name a broker, or give it a url.`,
    );
  }
  const messages = new BusOutbound(bus, topics);
  for (const name of topics.keys()) ways.set(name, messages);
  return ways;
}

/** A confirmation is signed by the endpoint that it comes from, with the secret that commands to it are signed with. */
function confirmationCheck({ endpoints }: ResponseFile, clock: Clock): ConfirmationCheck {
  const verifiers = new Map<string, WebhookVerifier>();
  for (const [name, settings] of endpoints) {
    if ('url' in settings && settings.secrets.length > 0) verifiers.set(name, new WebhookVerifier(settings.secrets));
  }
  return (endpoint, headers, body) =>
    verifiers.get(endpoint)?.forgeryOf(headers, body, clock.nowMs()) ?? (verifiers.has(endpoint) ? null : 'forged');
}
