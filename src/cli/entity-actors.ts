import { accountActor } from '../../actors/account/account.actor.ts';
import { cardActor } from '../../actors/card/card.actor.ts';
import { deviceActor } from '../../actors/device/device.actor.ts';
import { ipActor } from '../../actors/ip/ip.actor.ts';
import { keyActor } from '../../actors/key/key.actor.ts';
import { merchantActor } from '../../actors/merchant/merchant.actor.ts';

/** Every kind of actor, as the engine runs them. */
export const ACTOR_DEFINITIONS = {
  card: cardActor,
  account: accountActor,
  device: deviceActor,
  merchant: merchantActor,
  ip: ipActor,
  key: keyActor,
} as const;
