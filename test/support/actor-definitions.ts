import { accountActor } from '../../actors/account/account.actor.ts';
import { cardActor } from '../../actors/card/card.actor.ts';
import { deviceActor } from '../../actors/device/device.actor.ts';
import { ipActor } from '../../actors/ip/ip.actor.ts';
import { keyActor } from '../../actors/key/key.actor.ts';
import { merchantActor } from '../../actors/merchant/merchant.actor.ts';
import type { ActorDefinitions } from '../../src/runtime/program.ts';

/** Every kind of actor, as the composition root hands them to the engine. */
export const ACTOR_DEFINITIONS: ActorDefinitions = {
  card: cardActor,
  account: accountActor,
  device: deviceActor,
  merchant: merchantActor,
  ip: ipActor,
  key: keyActor,
};
