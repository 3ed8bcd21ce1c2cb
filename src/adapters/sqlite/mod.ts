export { openSqliteEventLog, type SqliteEventLogOptions } from './sqlite-event-log.ts';
export { type VerifyOptions, type VerifyProblem, type VerifyReport, verifySqliteEventLog } from './verify.ts';
