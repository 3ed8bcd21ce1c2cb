import { MODES, OUTCOMES } from '../../domain/decision.ts';
import { ERRORS, type ErrorCode, PalisadeError } from '../../domain/errors.ts';
import type { AuthorizeAnswer } from '../../ports/engine.ts';

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** The answer of another node as it was made there; null where the body is none. */
export function answerOf(body: string, repeated: boolean): AuthorizeAnswer | null {
  const value = parsed(body);
  const outcome = OUTCOMES.find((each) => each === memberOf(value, 'outcome'));
  const mode = MODES.find((each) => each === memberOf(value, 'mode'));
  return outcome === undefined || mode === undefined ? null : { body, outcome, mode, repeated };
}

/** The refusal of another node as the error that it is; null where it is not one of ours. */
export function refusalOf(body: string): PalisadeError | null {
  const problem = parsed(body);
  const code = memberOf(problem, 'code');
  const detail = memberOf(problem, 'detail');
  if (typeof code !== 'string' || !isErrorCode(code) || typeof detail !== 'string') return null;
  const listed = memberOf(problem, 'errors');
  const fields = (Array.isArray(listed) ? listed : []).map((each: unknown) => ({
    field: String(memberOf(each, 'field') ?? ''),
    message: String(memberOf(each, 'message') ?? ''),
  }));
  return new PalisadeError(code, detail, { fields });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
