import {
  alertRowSchema,
  caseAlertSchema,
  caseBulkSchema,
  caseChangeSchema,
  caseOrderSchema,
  caseRowSchema,
  countryTrafficSchema,
  decisionRowSchema,
  decisionSchema,
  draftDetailSchema,
  entityHistorySchema,
  entityLinkSchema,
  entityProfileSchema,
  entityReportSchema,
  explanationSchema,
  jsonSchemaOf,
  labelBodySchema,
  latencyPointSchema,
  linkNodeSchema,
  listEntryBodySchema,
  listEntrySchema,
  problemSchema,
  ruleOverlapSchema,
  ruleStatisticsSchema,
  rulesetProblemSchema,
  rulesetReportSchema,
  rulesetShelfSchema,
  sideEventReceiptSchema,
  sideEventSchema,
  sqlQuerySchema,
  suppressionBodySchema,
  suppressionSchema,
  tableChangeSchema,
  tableReportSchema,
  tableRowReportSchema,
  timelineEntrySchema,
  trafficPointSchema,
  transactionSchema,
} from '../codec/mod.ts';
import type { JsonSchema } from './route.ts';

/** What stands in the path of a suppression, and therefore not in its body. */
export const SUPPRESSION_PATH = ['ruleId', 'kind', 'id'] as const;

/**
 * The named schemas of the API, from the zod schemas that the requests are read with. A problem may have more members,
 * which clients ignore (RFC 9457, section 3.2): readiness has `reasons`.
 */
export const SCHEMAS = {
  Transaction: jsonSchemaOf(transactionSchema),
  Decision: jsonSchemaOf(decisionSchema),
  SideEvent: jsonSchemaOf(sideEventSchema),
  SideEventReceipt: jsonSchemaOf(sideEventReceiptSchema),
  EntityReport: jsonSchemaOf(entityReportSchema),
  ListEntry: jsonSchemaOf(listEntrySchema),
  ListEntryBody: jsonSchemaOf(listEntryBodySchema),
  Suppression: jsonSchemaOf(suppressionSchema),
  SuppressionBody: withoutMembers(jsonSchemaOf(suppressionBodySchema), SUPPRESSION_PATH),
  TableReport: jsonSchemaOf(tableReportSchema),
  TableRowReport: jsonSchemaOf(tableRowReportSchema),
  TableChange: jsonSchemaOf(tableChangeSchema),
  DecisionRow: jsonSchemaOf(decisionRowSchema),
  AlertRow: jsonSchemaOf(alertRowSchema),
  TimelineEntry: jsonSchemaOf(timelineEntrySchema),
  EntityProfile: jsonSchemaOf(entityProfileSchema),
  LinkNode: jsonSchemaOf(linkNodeSchema),
  EntityLink: jsonSchemaOf(entityLinkSchema),
  CaseRow: jsonSchemaOf(caseRowSchema),
  CaseAlert: jsonSchemaOf(caseAlertSchema),
  CaseChange: jsonSchemaOf(caseChangeSchema),
  CaseOrder: jsonSchemaOf(caseOrderSchema),
  CaseBulk: jsonSchemaOf(caseBulkSchema),
  SqlQuery: jsonSchemaOf(sqlQuerySchema),
  LabelBody: jsonSchemaOf(labelBodySchema),
  EntityHistory: jsonSchemaOf(entityHistorySchema),
  Explanation: jsonSchemaOf(explanationSchema),
  TrafficPoint: jsonSchemaOf(trafficPointSchema),
  CountryTraffic: jsonSchemaOf(countryTrafficSchema),
  LatencyPoint: jsonSchemaOf(latencyPointSchema),
  RuleStatistics: jsonSchemaOf(ruleStatisticsSchema),
  RuleOverlap: jsonSchemaOf(ruleOverlapSchema),
  DraftDetail: jsonSchemaOf(draftDetailSchema),
  RulesetShelf: jsonSchemaOf(rulesetShelfSchema),
  RulesetReport: jsonSchemaOf(rulesetReportSchema),
  RulesetProblem: jsonSchemaOf(rulesetProblemSchema),
  Problem: { ...jsonSchemaOf(problemSchema), additionalProperties: true },
} as const satisfies Record<string, JsonSchema>;

/** Points at a named schema of the OpenAPI document. */
export function schemaRef(name: keyof typeof SCHEMAS): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** A schema with one more member that may be absent. */
export function withMember(schema: JsonSchema, name: string, member: JsonSchema): JsonSchema {
  const { properties } = schema;
  return { ...schema, properties: { ...(typeof properties === 'object' ? properties : {}), [name]: member } };
}

function withoutMembers(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const { properties, required } = schema;
  const isKept = (name: string): boolean => !names.includes(name);
  const members = Object.entries(typeof properties === 'object' ? (properties ?? {}) : {});
  return {
    ...schema,
    properties: Object.fromEntries(members.filter(([name]) => isKept(name))),
    required: Array.isArray(required) ? required.filter(isKept) : [],
  };
}
