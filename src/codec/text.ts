import { holdsCardData, isCardDataName, isCardDataText } from '../domain/card-data.ts';
import { ID_LENGTH_MAX, TEXT_LENGTH_MAX } from '../domain/limits.ts';

/** What is said of a text with card data in it. The text itself is never told. */
export const CARD_DATA_MESSAGE = 'must not hold card data: send a token in its place';

const CARD_DIGITS_MIN = 13;
const SPACE = 32;
const HYPHEN = 45;
const ZERO = 48;
const NINE = 57;
const TILDE = 126;

/** Control and format characters, line and paragraph separators: what no eye can tell apart in an identifier. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const CONTROL = /\p{Cc}/u;

/** Code points of a text as JSON Schema counts its length. O(length). */
function codePointCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** What is wrong with a text that is not plain ASCII; null where nothing is. */
function unicodeProblem(text: string, lengthMax: number, forbidden: RegExp): string | null {
  if (!text.isWellFormed()) return 'must be well-formed Unicode: it holds a lone surrogate';
  if (forbidden.test(text)) return 'must not hold control or invisible characters';
  if (text.normalize('NFC') !== text) return 'must be in Unicode normalization form C (NFC)';
  if (text.trim() !== text) return 'must not begin or end with white space';
  return codePointCount(text) > lengthMax ? `must have at most ${lengthMax} characters` : null;
}

type Look = 'fine' | 'digits' | 'suspect' | 'odd';

/**
 * One scan over a text, about 2 ns a character. `fine`: printable ASCII of 1 to `lengthMax` characters with no white
 * space around it, and too few digits for a card number. `digits`: the same with more digits, as a UUID has them, but
 * not as card data as a whole is written. `suspect`: the same, and perhaps card data. `odd`: anything else.
 */
function lookAt(text: string, lengthMax: number): Look {
  const length = text.length;
  if (length === 0 || length > lengthMax) return 'odd';
  if (text.charCodeAt(0) === SPACE || text.charCodeAt(length - 1) === SPACE) return 'odd';
  let digits = 0;
  let run = 0;
  let longestRun = 0;
  let others = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code <= NINE && code >= ZERO) {
      digits++;
      run++;
      if (run > longestRun) longestRun = run;
    } else {
      if (code < SPACE || code > TILDE) return 'odd';
      run = 0;
      if (code !== SPACE && code !== HYPHEN) others++;
    }
  }
  if (digits < CARD_DIGITS_MIN) return 'fine';
  return others > 0 && longestRun < CARD_DIGITS_MIN ? 'digits' : 'suspect';
}

/**
 * Why a text is no identifier, as "must ..."; null where it is one: 1 to ID_LENGTH_MAX characters, well-formed
 * Unicode in NFC, nothing invisible, no white space around it, no card number. About 1 ns a character.
 */
export function identifierProblem(text: string): string | null {
  const look = lookAt(text, ID_LENGTH_MAX);
  if (look === 'fine' || look === 'digits') return null;
  if (look === 'suspect') return isCardDataText(text) ? CARD_DATA_MESSAGE : null;
  if (text.length === 0) return 'must not be empty';
  return isCardDataText(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, ID_LENGTH_MAX, INVISIBLE);
}

/** Why a text is no name of an attribute, as "must ..."; null where it is one: an identifier that
 * neither holds card data nor promises it. */
export function nameProblem(text: string): string | null {
  return isCardDataName(text) || holdsCardData(text) ? CARD_DATA_MESSAGE : identifierProblem(text);
}

/**
 * Why a text is no note or attribute, as "must ..."; null where it is one: at most TEXT_LENGTH_MAX characters, maybe
 * none, well-formed Unicode in NFC, no control characters, no white space around it, no card number anywhere in it.
 */
export function freeTextProblem(text: string): string | null {
  if (text.length === 0 || lookAt(text, TEXT_LENGTH_MAX) === 'fine') return null;
  return holdsCardData(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, TEXT_LENGTH_MAX, CONTROL);
}
