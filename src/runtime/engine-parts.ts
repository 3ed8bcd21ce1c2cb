import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Random } from '../ports/random.ts';
import type { HostSettings } from './host.ts';
import type { ActorDefinitions } from './program.ts';

/** Bounds of an engine. */
export type EngineSettings = HostSettings & {
  /** Commands under way before new ones are refused. */
  readonly commandsMax: number;
  /** Answers kept in memory for retries; older ones are looked up in the log. */
  readonly recentMax: number;
  /** Versions of rows that all tables hold; TABLE_VERSIONS_MAX where it is absent. */
  readonly tableVersionsMax?: number;
};

/** What an engine is made of. */
export type EngineParts = {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly definitions: ActorDefinitions;
  readonly settings: EngineSettings;
  /** Ruleset to run. Null: the one that was published last. */
  readonly rulesetText: string | null;
  /** Ruleset to run where none is given and none was published. */
  readonly fallbackRulesetText: string;
};
