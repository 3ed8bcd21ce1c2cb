import { readAlerts, readAlertsAfter } from '../../../projections/alerts/alerts.queries.ts';
import { readCase, readCases } from '../../../projections/cases/cases.queries.ts';
import { readDecision, readDecisions, readDecisionsAfter } from '../../../projections/decisions/decisions.queries.ts';
import { readEntityProfile } from '../../../projections/entities/entities.queries.ts';
import { readLinkedEntities } from '../../../projections/entities/links.queries.ts';
import { readRuleReport } from '../../../projections/rules/rules.queries.ts';
import { readHappeningsAfter, readTimeline } from '../../../projections/timelines/timelines.queries.ts';
import { readTraffic } from '../../../projections/traffic/traffic.queries.ts';
import { cursorOf } from '../../domain/stored-values.ts';
import {
  ANY_DECISION,
  type DecisionQuery,
  type DecisionRow,
  type FeedPage,
  type FeedQuery,
  type FeedType,
  type LinkGraph,
  type LinkQuery,
  type Page,
  type TimelineEntry,
  type TimelineQuery,
} from '../../ports/console.ts';
import type { ProjectionReader } from '../../ports/projection-reader.ts';
import type { ConsoleQuestion } from './console-messages.ts';

type ReaderOf = (projection: string) => ProjectionReader;

/** Answers a question from one commit of the read store. */
export function answerTo(question: ConsoleQuestion, readerOf: ReaderOf): unknown {
  switch (question.about) {
    case 'decisions':
      return readDecisions(readerOf('console.decisions'), question.query);
    case 'decision': {
      const reader = readerOf('console.decisions');
      return { position: reader.position, row: readDecision(reader, question.transactionId) };
    }
    case 'alerts':
      return readAlerts(readerOf('console.alerts'), question.query);
    case 'timeline':
      return timelineOf(readerOf, question.query);
    case 'entity': {
      const reader = readerOf('console.entities');
      return { position: reader.position, profile: readEntityProfile(reader, question.kind, question.id) };
    }
    case 'links':
      return linkGraphOf(readerOf, question.query);
    case 'traffic':
      return readTraffic(readerOf('console.traffic'), question.query);
    case 'cases':
      return readCases(readerOf('console.cases'), question.query);
    case 'case': {
      const reader = readerOf('console.cases');
      return { position: reader.position, detail: readCase(reader, question.caseId, question.nowMs) };
    }
    case 'feed':
      return feedOf(readerOf, question.query);
    case 'rules':
      return readRuleReport(readerOf('console.rules'), question.rulesetVersion);
  }
}

/** The links around an entity, each entity with what its profile says. */
function linkGraphOf(readerOf: ReaderOf, query: LinkQuery): LinkGraph {
  const reader = readerOf('console.entities');
  const { entities, links, truncated } = readLinkedEntities(reader, query);
  const nodes = entities.map((entity) => {
    const profile = readEntityProfile(reader, entity.kind, entity.id);
    const { fraudLabels = 0, declined = 0, decisions = 0 } = profile ?? {};
    return { ...entity, fraudLabels, declined, decisions };
  });
  return { position: reader.position, nodes, links, truncated };
}

const ENTITY_FILTERS = { card: 'cardId', account: 'accountId', device: 'deviceId', merchant: 'merchantId', ip: 'ip' };

/** What happened to an entity: its decisions and all else, newest record first. */
function timelineOf(readerOf: ReaderOf, query: TimelineQuery): Page<TimelineEntry> {
  const { limit, types } = query;
  const decisions = readerOf('console.decisions');
  const others = readTimeline(readerOf('console.timelines'), query);
  const wantsDecisions = types.length === 0 || types.includes('decision');
  const decided = wantsDecisions ? readDecisions(decisions, decisionQueryOf(query)) : null;
  const entries = [...(decided?.items ?? []).map(entryOf), ...others.items]
    .sort((left, right) => right.position - left.position)
    .slice(0, limit);
  const last = entries.at(-1);
  const hasMore = (decided?.items.length ?? 0) + others.items.length > limit;
  const isLast = !hasMore && others.nextCursor === null && (decided?.nextCursor ?? null) === null;
  return {
    position: Math.min(decisions.position, others.position),
    items: entries,
    nextCursor: isLast || last === undefined ? null : cursorOf({ value: last.position, position: last.position }),
  };
}

function decisionQueryOf({ kind, id, fromMs, toMs, limit, cursor }: TimelineQuery): DecisionQuery {
  const range = { fromMs, toMs, limit, cursor, sort: 'position', descending: true } as const;
  return { ...ANY_DECISION, [ENTITY_FILTERS[kind]]: id, ...range };
}

function entryOf(row: DecisionRow): TimelineEntry {
  const { position, transactionId, outcome, score, amountMinor, currency, channel, country, mode, label } = row;
  const values = {
    outcome,
    score,
    amountMinor,
    currency,
    channel,
    country,
    mode,
    label,
    reasons: row.reasons.join(' '),
  };
  const { cardId, accountId, deviceId, merchantId, ip } = row;
  return {
    position,
    type: 'decision',
    id: transactionId,
    occurredAt: row.occurredAt,
    recordedAt: row.decidedAt,
    summary: `Decided: ${outcome}`,
    values: { ...values, cardId, accountId, deviceId, merchantId, ip },
  };
}

/** What came after a position: no further than the projection that is most behind, so that none is passed over. */
function feedOf(readerOf: ReaderOf, { after, types, limit }: FeedQuery): FeedPage {
  const sources: { readonly type: FeedType; readonly reader: ProjectionReader; readonly rows: FeedRows }[] = [];
  for (const type of types) {
    const { projection, read } = FEEDS[type];
    const reader = readerOf(projection);
    sources.push({ type, reader, rows: read(reader, after, limit) });
  }
  const ends = sources.map(({ reader, rows }) =>
    rows.length < limit ? reader.position : (rows.at(-1)?.position ?? 0),
  );
  const position = Math.max(after, Math.min(...ends));
  const items = sources
    .flatMap(({ type, rows }) => rows.map((row) => ({ position: row.position, type, data: JSON.stringify(row) })))
    .filter((item) => item.position <= position)
    .sort((left, right) => left.position - right.position || (left.type < right.type ? -1 : 1));
  return { position, items };
}

type FeedRows = readonly { readonly position: number }[];
type Feed = {
  readonly projection: string;
  readonly read: (reader: ProjectionReader, after: number, limit: number) => FeedRows;
};

const FEEDS: Readonly<Record<FeedType, Feed>> = {
  decision: { projection: 'console.decisions', read: readDecisionsAfter },
  alert: { projection: 'console.alerts', read: readAlertsAfter },
  happening: { projection: 'console.timelines', read: readHappeningsAfter },
};
