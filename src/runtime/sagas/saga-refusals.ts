import { PalisadeError } from '../../domain/errors.ts';

/** The error of a call about a kind of saga that there is not. */
export function unknownKind(kinds: readonly string[]): PalisadeError {
  const known = kinds.join(', ');
  return new PalisadeError('REQUEST_INVALID', `Cannot find the saga as its kind is unknown: use one of ${known}.`, {
    fields: [{ field: 'kind', message: `must be one of ${known}` }],
  });
}

/** The error of a command that the rules of a saga do not allow. */
export function refusedBySaga(kind: string, reason: string): PalisadeError {
  return new PalisadeError('SAGA_REFUSED', `Cannot do this to the ${kind} saga as it does not allow it: ${reason}.`);
}

/** The error of a command to a saga that was never started. */
export function noSuchSaga(kind: string): PalisadeError {
  return new PalisadeError(
    'REQUEST_NOT_FOUND',
    `Cannot find the ${kind} saga as there is none of this id. Check the id.`,
  );
}
