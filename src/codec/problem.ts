import { ERRORS, type FieldProblem, type PalisadeError } from '../domain/errors.ts';
import type { Problem } from './response-schemas.ts';

/**
 * An error as RFC 9457 problem details. `type` is a relative reference to the page that explains the code, stable as
 * the code is; `instance` tells the one request or event, where the caller of this function has a name for it.
 */
export function problemOf(error: PalisadeError, instance?: string): Problem {
  const { status, retry, title } = ERRORS[error.code];
  return {
    type: `/docs/errors#${error.code}`,
    title,
    status,
    detail: error.message,
    ...(instance === undefined ? {} : { instance }),
    code: error.code,
    retry,
    errors: error.fields.map(refusedPlaceOf),
  };
}

/** The members that are told, in the order of the answer to a ruleset that is tried. */
function refusedPlaceOf({ field, message, line, column }: FieldProblem): FieldProblem {
  return line === undefined || column === undefined ? { field, message } : { line, column, field, message };
}
