/** What the caller may do: `never` with this input, `later` as it stands, `after_repair` once an operator has acted. */
export type Retry = 'never' | 'later' | 'after_repair';

type ErrorEntry = { readonly status: number; readonly retry: Retry; readonly title: string };

/**
 * Every error that leaves the engine. Codes are stable and never reused; `docs/errors.md` explains each one.
 * `status` is the HTTP status that the error maps to.
 */
export const ERRORS = {
  REQUEST_INVALID: { status: 400, retry: 'never', title: 'The request does not fit the schema' },
  REQUEST_MALFORMED: { status: 400, retry: 'never', title: 'The body cannot be read as JSON' },
  REQUEST_AMBIGUOUS: { status: 400, retry: 'never', title: 'A member is repeated, -0, or not safe to read' },
  REQUEST_TOO_LARGE: { status: 413, retry: 'never', title: 'The body is larger than the limit' },
  REQUEST_MEDIA_TYPE: { status: 415, retry: 'never', title: 'The content type is not supported' },
  REQUEST_TIME_IN_FUTURE: { status: 422, retry: 'never', title: 'The event time is too far in the future' },
  REQUEST_CARD_DATA: { status: 422, retry: 'never', title: 'Card data is refused: send tokens only' },
  REQUEST_NOT_FOUND: { status: 404, retry: 'never', title: 'There is no such resource' },
  REQUEST_TIMEOUT: { status: 408, retry: 'later', title: 'The request was not received in time' },
  REQUEST_HEADERS_TOO_LARGE: { status: 431, retry: 'never', title: 'The headers are larger than the limit' },
  METHOD_NOT_ALLOWED: { status: 405, retry: 'never', title: 'The method is not allowed here' },
  AUTH_MISSING: { status: 401, retry: 'never', title: 'An API key is required' },
  AUTH_INVALID: { status: 401, retry: 'never', title: 'The API key is not valid' },
  AUTH_SCOPE: { status: 403, retry: 'never', title: 'The API key lacks the scope for this call' },
  TRANSACTION_CONFLICT: { status: 409, retry: 'never', title: 'The id was used with another body' },
  TRANSACTION_UNRESOLVED: { status: 503, retry: 'later', title: 'Whether the id was used before is not known in time' },
  ENGINE_OVERLOADED: { status: 503, retry: 'later', title: 'The engine sheds load' },
  ENGINE_DRAINING: { status: 503, retry: 'later', title: 'The engine is shutting down' },
  ENGINE_NOT_READY: { status: 503, retry: 'later', title: 'The engine is not ready' },
  ENGINE_INTERNAL: { status: 500, retry: 'later', title: 'The engine met an unexpected error' },
  ACTOR_MAILBOX_FULL: { status: 503, retry: 'later', title: 'Too many events wait for one entity' },
  ACTOR_CONFLICT: { status: 503, retry: 'later', title: 'Another writer kept winning for one entity' },
  LOG_REVISION_CONFLICT: { status: 409, retry: 'later', title: 'A stream is not at the expected revision' },
  LOG_RECORD_EXISTS: { status: 409, retry: 'never', title: 'The record id was appended with another body' },
  LOG_OUTCOME_UNKNOWN: { status: 503, retry: 'later', title: 'It is not known whether the append was stored' },
  LOG_UNAVAILABLE: { status: 503, retry: 'later', title: 'The event log cannot be reached' },
  LOG_FAILED: { status: 503, retry: 'after_repair', title: 'The event log failed and takes no more writes' },
  LOG_CORRUPT: { status: 503, retry: 'after_repair', title: 'The event log holds a damaged record' },
  LOG_LOCKED: { status: 503, retry: 'after_repair', title: 'Another process holds the event log' },
  LOG_UNUSABLE: { status: 503, retry: 'after_repair', title: 'The event log cannot be opened' },
  LOG_VERSION: { status: 503, retry: 'after_repair', title: 'The event log was written by a newer version' },
  RECORD_UNREADABLE: { status: 500, retry: 'after_repair', title: 'A stored record cannot be decoded' },
  TABLE_FULL: { status: 507, retry: 'after_repair', title: 'The tables hold as many rows as they may' },
  READ_STORE_FAILED: { status: 503, retry: 'after_repair', title: 'The read store cannot be used' },
  BUS_UNAVAILABLE: { status: 503, retry: 'later', title: 'The message bus cannot be reached' },
  BUS_REFUSED: { status: 503, retry: 'after_repair', title: 'The message bus refuses the account' },
  REGISTRY_UNAVAILABLE: { status: 503, retry: 'later', title: 'The schema registry cannot be reached' },
  SCHEMA_UNREADABLE: { status: 422, retry: 'never', title: 'The schema of a message cannot be used' },
  RULESET_INVALID: { status: 422, retry: 'never', title: 'The ruleset is not valid' },
  DRAFT_REFUSED: { status: 409, retry: 'never', title: 'The draft does not allow it' },
  APPROVAL_NEEDED: { status: 409, retry: 'never', title: 'A second person has to approve the draft' },
  QUERY_REFUSED: { status: 400, retry: 'never', title: 'The query is not allowed or not understood' },
  QUERY_LIMIT: { status: 422, retry: 'never', title: 'The query takes too much time or memory' },
  CASE_REFUSED: { status: 409, retry: 'never', title: 'The case does not allow it' },
  SAGA_REFUSED: { status: 409, retry: 'never', title: 'The saga does not allow it' },
  SAGAS_OFF: { status: 503, retry: 'after_repair', title: 'The engine runs no sagas' },
  SAGAS_ELSEWHERE: { status: 503, retry: 'later', title: 'The node that runs the sagas does not answer' },
  SIGNATURE_INVALID: { status: 401, retry: 'never', title: 'The signature is not valid' },
  CONFIG_INVALID: { status: 500, retry: 'after_repair', title: 'The configuration is not valid' },
  PORT_TAKEN: { status: 500, retry: 'after_repair', title: 'The address is already in use' },
  OUTPUT_FAILED: { status: 500, retry: 'later', title: 'A file cannot be written' },
  INPUT_FILE: { status: 500, retry: 'after_repair', title: 'An input file cannot be used' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One place in the input that was refused: a dotted path, and why; in a text of many lines also where, from 1. */
export type FieldProblem = {
  readonly field: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
};

/** A place in the input as people read it: `8:14 rules[0].outcome`, or the path alone where there are no lines. */
export function shownPlace({ field, line, column }: FieldProblem): string {
  return line === undefined ? field : `${line}:${column ?? 1} ${field}`;
}

/** The one error class: a code of the table, a sentence that names the thing and the remedy, and the cause. */
export class PalisadeError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldProblem[];
  /** What a program needs to act on it: the actual revision, the first position. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; fields?: readonly FieldProblem[]; details?: Record<string, string | number> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PalisadeError';
    this.code = code;
    this.fields = options.fields ?? [];
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retry(): Retry {
    return ERRORS[this.code].retry;
  }
}

/** Whether a thrown value is one of ours with this code. */
export function isPalisadeError(error: unknown, code?: ErrorCode): error is PalisadeError {
  return error instanceof PalisadeError && (code === undefined || error.code === code);
}

/** Whether a text is a code of the table. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}
