import type { EntityKind } from '../../domain/entities.ts';
import type { CaseQuery } from '../../ports/cases.ts';
import type {
  AlertQuery,
  DecisionQuery,
  FeedQuery,
  LinkQuery,
  TimelineQuery,
  TrafficQuery,
} from '../../ports/console.ts';
import type { ErrorImage } from '../projections/projection-messages.ts';

/** What may be asked of the thread that reads for analysts. */
export type ConsoleQuestion =
  | { readonly about: 'decisions'; readonly query: DecisionQuery }
  | { readonly about: 'decision'; readonly transactionId: string }
  | { readonly about: 'alerts'; readonly query: AlertQuery }
  | { readonly about: 'timeline'; readonly query: TimelineQuery }
  | { readonly about: 'entity'; readonly kind: EntityKind; readonly id: string }
  | { readonly about: 'links'; readonly query: LinkQuery }
  | { readonly about: 'traffic'; readonly query: TrafficQuery }
  | { readonly about: 'cases'; readonly query: CaseQuery }
  | { readonly about: 'case'; readonly caseId: string; readonly nowMs: number }
  | { readonly about: 'feed'; readonly query: FeedQuery }
  | { readonly about: 'rules'; readonly rulesetVersion: string | null };

export type ToConsole =
  | { readonly kind: 'question'; readonly id: number; readonly question: ConsoleQuestion }
  | { readonly kind: 'close' };

export type FromConsole =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly error: ErrorImage }
  | { readonly kind: 'closed' };
