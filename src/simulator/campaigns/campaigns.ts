import type { RandomSource } from '../random-source.ts';
import type { CampaignKind } from '../simulation-event.ts';
import type { Stage } from '../stage.ts';
import { accountTakeover } from './account-takeover.ts';
import { binAttack } from './bin-attack.ts';
import { cardTesting } from './card-testing.ts';
import { deviceFarm } from './device-farm.ts';
import { impossibleTravel } from './impossible-travel.ts';
import { scatteredPayments } from './scattered-payments.ts';

/** Puts all events of one attack on the timeline, none before `startMs`. */
export type Campaign = (stage: Stage, random: RandomSource, startMs: number) => void;

/** The attack of each kind. */
export const CAMPAIGNS: Readonly<Record<CampaignKind, Campaign>> = {
  'card-testing': cardTesting,
  'account-takeover': accountTakeover,
  'impossible-travel': impossibleTravel,
  'device-farm': deviceFarm,
  'bin-attack': binAttack,
  'scattered-payments': scatteredPayments,
};
