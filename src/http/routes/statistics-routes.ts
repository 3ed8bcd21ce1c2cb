import { type ConsoleReads, TRAFFIC_INTERVALS } from '../../ports/console.ts';
import type { Projections } from '../../ports/projections.ts';
import { LATENCY_EXAMPLE, OVERLAP_EXAMPLE, RULE_EXAMPLE, TRAFFIC_EXAMPLE } from '../console-examples.ts';
import { choicePart, textPart, timePart, wholePart } from '../query-parts.ts';
import type { HttpContext, Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { consoleRead, listOf } from './console-read.ts';

const INTERVAL = choicePart('interval', 'Length of an interval', TRAFFIC_INTERVALS, '1m');
const FROM = timePart('from', 'From then on, event time, RFC 3339');
const TO = timePart('to', 'Before then');
const SECONDS = wholePart('seconds', 'Seconds of latencies to give', { absent: 60, min: 1, max: 600 });
const VERSION = textPart('rulesetVersion', 'Only of this version of the ruleset', 64);

/** Traffic, latencies, and how the rules do. */
export function statisticsRoutes(
  { latency }: HttpContext,
  console: ConsoleReads,
  projections: Projections,
): readonly Route[] {
  return [
    consoleRead(projections, {
      operationId: 'readStatistics',
      path: '/v1/statistics',
      summary: 'Read traffic and latencies',
      description:
        'Decisions by interval of event time, at most the 1500 newest, intervals without any left out; decisions by ' +
        'country in the range; and how long this process took to answer, second by second, for ten minutes at most.',
      query: [INTERVAL, FROM, TO, SECONDS],
      members: {
        interval: { enum: TRAFFIC_INTERVALS },
        points: listOf(schemaRef('TrafficPoint')),
        countries: listOf(schemaRef('CountryTraffic')),
        latency: listOf(schemaRef('LatencyPoint')),
      },
      example: {
        interval: '1m',
        points: [TRAFFIC_EXAMPLE],
        countries: [{ country: 'DE', decisions: 811, declined: 2 }],
        latency: [LATENCY_EXAMPLE],
      },
      read: async (request) => {
        const [interval, fromMs, toMs] = [INTERVAL.read(request), FROM.read(request), TO.read(request)];
        const points = latency.points(SECONDS.read(request));
        return { ...(await console.traffic({ interval, fromMs, toMs })), latency: points };
      },
    }),
    consoleRead(projections, {
      operationId: 'readRuleStatistics',
      path: '/v1/statistics/rules',
      summary: 'Read how the rules do',
      description:
        'Hits, precision from labels, amounts stopped, disagreement in the shadow, and which rules hit the same ' +
        'decisions; by version of the ruleset.',
      query: [VERSION],
      members: { rules: listOf(schemaRef('RuleStatistics')), overlaps: listOf(schemaRef('RuleOverlap')) },
      example: { rules: [RULE_EXAMPLE], overlaps: [OVERLAP_EXAMPLE] },
      read: (request) => console.rules(VERSION.read(request) || null),
    }),
  ];
}
