import type { ActorLogic, ActorRef, ActorScope, AnyStateMachine, Snapshot } from 'xstate';
import { assertNever } from '../domain/assert-never.ts';
import type { Location } from '../domain/events.ts';
import type { EntityEvent, EntityProfile } from '../domain/profile.ts';
import { factsAt } from '../domain/stated-facts.ts';
import type { ActorDefinition } from '../ports/actor.ts';
import {
  ADMITTED_LATE,
  type AdmitResult,
  admit,
  type Observation,
  reclassify,
  setHome,
  settle,
  type WindowPlan,
  type WindowState,
} from '../windows/mod.ts';
import type { Lifecycle, LifecycleActor } from './lifecycle.ts';

/** What an entity's actor is told: each fact once. What a decision reads is observed before it, in the same tick. */
export type EntityMessage =
  | { readonly type: 'settle'; readonly event: EntityEvent; readonly bits: number }
  | { readonly type: 'reclassify'; readonly event: EntityEvent; readonly change: Reclassification }
  /** The last message, from XState itself. */
  | { readonly type: 'xstate.stop' };

/** An outcome that was corrected after the fact: which event, and which selectors it loses and gains. */
export type Reclassification = {
  readonly atMs: number;
  readonly amountMinor: number;
  readonly clearBits: number;
  readonly setBits: number;
};

/** State of an entity: its profile and its windows. Updated in place, which is why XState sees one object for life. */
export type EntityState = { profile: EntityProfile; windows: WindowState };

export type EntitySnapshot = Snapshot<undefined> & {
  state: EntityState;
  lifecycle: LifecycleActor | null;
  /** What a message ended with when it could not be carried out: the state is not to be trusted any more. */
  failure: unknown;
};

export type EntityActor = ActorRef<EntitySnapshot, EntityMessage>;

export type EntityLogic = ActorLogic<EntitySnapshot, EntityMessage, EntityState>;

/** One kind of actor, ready to run under one ruleset. */
export type EntityKindLogic = {
  readonly definition: ActorDefinition<AnyStateMachine>;
  readonly lifecycle: Lifecycle;
  readonly plan: WindowPlan;
};

/** Status, profile and stated home after a fact; what the windows count is admitted apart. */
export function applyEvent(kind: EntityKindLogic, state: EntityState, event: EntityEvent): void {
  const { profile } = state;
  const cause = kind.definition.lifecycleEventOf(profile, event);
  const status = cause === null ? profile.status : kind.lifecycle.next(profile.status, cause);
  state.profile = kind.definition.evolve(profile, event, status);
  if (state.profile.stated !== profile.stated) placeHome(kind, state, state.profile.stated.newest.home);
}

function placeHome({ plan }: EntityKindLogic, { windows }: EntityState, home: Location | null): void {
  setHome(plan, windows, home?.latitude ?? Number.NaN, home?.longitude ?? Number.NaN);
}

/**
 * Takes an event into the windows of an entity, the home being where it was at the time of the event. One comparison
 * more than `admit` where nothing was stated for a later time.
 */
export function admitAsOf(kind: EntityKindLogic, state: EntityState, observation: Observation): AdmitResult {
  const { stated } = state.profile;
  if (observation.atMs >= stated.newestAtMs) return admit(kind.plan, state.windows, observation);
  placeHome(kind, state, factsAt(stated, observation.atMs).home);
  const result = admit(kind.plan, state.windows, observation);
  placeHome(kind, state, stated.newest.home);
  return result;
}

function enterStatechart(
  kind: EntityKindLogic,
  snapshot: EntitySnapshot,
  event: EntityEvent,
  self: ActorRef<EntitySnapshot, EntityMessage>,
): void {
  const { profile } = snapshot.state;
  const cause = kind.definition.lifecycleEventOf(profile, event);
  if (cause === null || kind.lifecycle.next(profile.status, cause) === profile.status) return;
  snapshot.lifecycle ??= kind.lifecycle.start(self, self.id, profile.status);
  snapshot.lifecycle.send({ type: cause });
}

/**
 * Takes an event into the windows of an entity before it is decided upon; true where it is older than one seen before.
 * No message: the actor is told the fact, decision included, and an actor that was not told it is discarded.
 */
export function observe(kind: EntityKindLogic, { state }: EntitySnapshot, observation: Observation): boolean {
  return (admitAsOf(kind, state, observation) & ADMITTED_LATE) !== 0;
}

function take(
  kind: EntityKindLogic,
  snapshot: EntitySnapshot,
  message: EntityMessage,
  scope: ActorScope<EntitySnapshot, EntityMessage>,
): void {
  const { plan } = kind;
  const { state } = snapshot;
  switch (message.type) {
    case 'settle':
      if (message.bits !== 0) settle(plan, state.windows, message.bits);
      break;
    case 'reclassify': {
      const { atMs, amountMinor, clearBits, setBits } = message.change;
      reclassify(plan, state.windows, atMs, amountMinor, clearBits, setBits);
      break;
    }
    case 'xstate.stop':
      if (snapshot.lifecycle !== null) scope.stopChild(snapshot.lifecycle);
      snapshot.lifecycle = null;
      return;
    default:
      assertNever(message);
  }
  enterStatechart(kind, snapshot, message.event, scope.self);
  applyEvent(kind, state, message.event);
}

/**
 * The logic of an entity's XState actor: windows are updated in place, and the statechart is entered only when the
 * status changes. A send costs well under a microsecond that way, where a machine's costs five to eight.
 */
export function createEntityLogic(kind: EntityKindLogic): EntityLogic {
  return {
    getInitialSnapshot: (_scope, state) => ({
      status: 'active',
      output: undefined,
      error: undefined,
      state,
      lifecycle: null,
      failure: null,
    }),
    getPersistedSnapshot: (snapshot) => snapshot,
    transition: (snapshot, message, scope) => {
      try {
        take(kind, snapshot, message, scope);
      } catch (error) {
        // XState would keep the error to itself and stop the actor: the sender has to learn of it.
        snapshot.failure = error;
      }
      return snapshot;
    },
  };
}
