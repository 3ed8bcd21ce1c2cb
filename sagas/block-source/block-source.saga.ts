import { assertNever } from '../../src/domain/assert-never.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import type {
  EffectRequest,
  SagaContext,
  SagaDefinition,
  SagaHappening,
  SagaOccasion,
  SagaReaction,
  SagaTarget,
  SagaView,
} from '../../src/ports/saga.ts';
import { blockSourceMachine } from './block-source.machine.ts';

/** How long a source is blocked, ms, where the response says nothing. */
const BLOCK_MS = 24 * 3_600_000;
const ATTEMPTS_MAX = 150;

/** What may be blocked: the kind of list entry, and its value in an occasion. */
function blockedValueOf(by: string, { subjects }: SagaOccasion): string | undefined {
  const { deviceId, ip, bin, merchantId } = subjects;
  switch (by) {
    case 'device':
      return deviceId;
    case 'ip':
      return ip;
    case 'bin_merchant':
      return bin === undefined || merchantId === undefined ? undefined : `${bin}@${merchantId}`;
    default:
      return undefined;
  }
}

function targetsOf(occasion: SagaOccasion, options: SagaData): readonly SagaTarget[] {
  const by = typeof options.by === 'string' ? options.by : '';
  const value = blockedValueOf(by, occasion);
  if (value === undefined) return [];
  const durationMs = typeof options.durationMs === 'number' ? options.durationMs : BLOCK_MS;
  return [{ id: `${by}:${value}`, input: { kind: by, value, durationMs } }];
}

function react(saga: SagaView, happening: SagaHappening, context: SagaContext): SagaReaction {
  switch (happening.type) {
    case 'started':
      return block(saga, context);
    case 'confirmed':
      return happening.step === 'list' && saga.status === 'blocking' ? { events: ['confirmed'] } : {};
    case 'exhausted':
      return { escalate: `${happening.step} was given up: ${happening.detail}` };
    case 'gone':
      return { escalate: `the receiver of ${happening.step} wants no more` };
    case 'timer':
      return { events: ['expired'], undo: true };
    case 'command': {
      const isUp = saga.status === 'blocking' || saga.status === 'blocked';
      if (happening.command !== 'cancel' || !isUp)
        return { refuse: `a block in state ${saga.status} takes only cancel` };
      return { events: ['lifted'], undo: true, timers: { expiry: null }, data: { liftedBy: happening.by } };
    }
    case 'undone':
      return { events: ['undone'] };
    case 'joined':
    case 'superseded':
      return {};
    default:
      return assertNever(happening);
  }
}

/** Blocks here, where the entry ends by itself even if nobody takes it down, and at the edge where there is one. */
function block({ data }: SagaView, { nowMs, endpoints }: SagaContext): SagaReaction {
  const { kind, value } = data;
  const durationMs = typeof data.durationMs === 'number' ? data.durationMs : BLOCK_MS;
  const body = { kind: kind ?? '', value: value ?? '', expiresAtMs: nowMs + durationMs };
  const effects: EffectRequest[] = [
    {
      step: 'list',
      endpoint: 'engine',
      type: 'list.block',
      body,
      attemptsMax: ATTEMPTS_MAX,
      undo: { endpoint: 'engine', type: 'list.unblock', body },
    },
  ];
  if (endpoints.has('edge')) {
    effects.push({
      step: 'edge',
      endpoint: 'edge',
      type: 'source.block',
      body,
      attemptsMax: ATTEMPTS_MAX,
      undo: { endpoint: 'edge', type: 'source.unblock', body },
    });
  }
  return { effects, timers: { expiry: durationMs } };
}

/** Blocks a device, an address, or one issuer's cards at one merchant, for a time that is said beforehand. */
export const blockSource: SagaDefinition<typeof blockSourceMachine> = {
  kind: 'block-source',
  machine: blockSourceMachine,
  targetsOf,
  react,
  isPrompt: true,
  concerns: 'source',
  needs: [],
};
