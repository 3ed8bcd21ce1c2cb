export { isCardDataText, isLuhnValid } from '../domain/card-data.ts';
export {
  caseAlertSchema,
  caseBulkSchema,
  caseChangeSchema,
  caseOrderSchema,
  caseRowSchema,
  labelBodySchema,
  parseCaseBulk,
  parseCaseOrder,
  parseLabel,
  parseSqlQuery,
  sqlQuerySchema,
} from './case-requests.ts';
export {
  alertRowSchema,
  countryTrafficSchema,
  decisionRowSchema,
  entityHistorySchema,
  entityLinkSchema,
  entityProfileSchema,
  explanationSchema,
  latencyPointSchema,
  linkNodeSchema,
  ruleOverlapSchema,
  ruleStatisticsSchema,
  timelineEntrySchema,
  trafficPointSchema,
} from './console-schemas.ts';
export { COUNTRY_CODES } from './countries.ts';
export { type DecisionEnvelope, envelopeOf } from './decision-envelope.ts';
export { encodeAssessment, encodeDecision } from './decision-text.ts';
export {
  draftDetailSchema,
  isRulesetVersion,
  parseDraftId,
  parseNote,
  rulesetShelfSchema,
} from './draft-requests.ts';
export { decodeEntityState, encodeEntityState, PROFILE_VERSION } from './entity-state.ts';
export { identifierField } from './fields.ts';
export { epochMsOf, hourOf, type Instant, parseInstant, weekdayOf } from './instant.ts';
export { canonicalCidr, canonicalIp } from './ip-address.ts';
export { guardJson } from './json-guard.ts';
export { jsonSchemaOf } from './json-schema.ts';
export { listEntryBodySchema, suppressionBodySchema } from './list-schema.ts';
export { problemOf } from './problem.ts';
export { decodeFact } from './record-reader.ts';
export { decisionTextOf, encodeFact, encodeTransactionDecided, mayBeOvertaken } from './record-text.ts';
export {
  type ListKey,
  parseIdentifier,
  parseListEntry,
  parseListKey,
  parseSideEvent,
  parseSuppression,
  parseSuppressionKey,
  parseTransaction,
} from './requests.ts';
export {
  decisionSchema,
  entityReportSchema,
  type ListEntryAnswer,
  listEntrySchema,
  type Problem,
  problemSchema,
  rulesetProblemSchema,
  rulesetReportSchema,
  type SuppressionAnswer,
  sideEventReceiptSchema,
  suppressionSchema,
  tableChangeSchema,
  tableReportSchema,
  tableRowReportSchema,
} from './response-schemas.ts';
export {
  type EndpointSettings,
  type ResponseFile,
  type ResponseSettings,
  readResponseSettings,
} from './response-settings.ts';
export {
  parseSagaConfirmation,
  parseSagaOrder,
  parseSagaStart,
  sagaConfirmationSchema,
  sagaOrderSchema,
  sagaStartSchema,
} from './saga-requests.ts';
export { encodeSagaState, parseSagaRow, parseSagaState } from './saga-schema.ts';
export { sameTransaction } from './same-transaction.ts';
export {
  deviceSignalSchema,
  labelSchema,
  loginSchema,
  referenceUpdateSchema,
  sideEventSchema,
  tableRowSchema,
} from './side-event-schema.ts';
export { transactionSchema } from './transaction-schema.ts';
export { type RateOf, viewOfSideEvent, viewOfTransaction } from './view-of-event.ts';
