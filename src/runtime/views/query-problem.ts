import { PalisadeError } from '../../domain/errors.ts';

/** The refusal of one part of a query. */
export function fieldProblem(field: string, message: string): PalisadeError {
  return new PalisadeError('REQUEST_INVALID', `Cannot read the view as ${field} ${message}. Correct ${field}.`, {
    fields: [{ field, message }],
  });
}
