import { ID_LENGTH_MAX, TEXT_LENGTH_MAX } from '../domain/limits.ts';
import { holdsCardNumber, isCardDataText } from './card-data.ts';

/** What is said of a text with card data in it. The text itself is never told. */
export const CARD_DATA_MESSAGE = 'must not hold card data: send a token in its place';

const CARD_DIGITS_MIN = 13;

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

/**
 * Plain ASCII of 1 to `lengthMax` characters with too few digits for a card number: the common case, told in one scan.
 * False means only that a closer look is needed.
 */
function isPlain(text: string, lengthMax: number): boolean {
  const length = text.length;
  if (length === 0 || length > lengthMax) return false;
  if (text.charCodeAt(0) === 32 || text.charCodeAt(length - 1) === 32) return false;
  let digits = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 32 || code > 126) return false;
    if (code <= 57 && code >= 48) digits++;
  }
  return digits < CARD_DIGITS_MIN;
}

/**
 * Why a text is no identifier, as "must ..."; null where it is one: 1 to ID_LENGTH_MAX characters, well-formed
 * Unicode in NFC, nothing invisible, no white space around it, no card number. About 1 ns a character.
 */
export function identifierProblem(text: string): string | null {
  if (isPlain(text, ID_LENGTH_MAX)) return null;
  if (text.length === 0) return 'must not be empty';
  return isCardDataText(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, ID_LENGTH_MAX, INVISIBLE);
}

/** Why a text is no note or attribute, as "must ..."; null where it is one. It may be empty and hold any characters
 * but control characters; a card number anywhere in it is refused. */
export function freeTextProblem(text: string): string | null {
  if (text.length === 0 || isPlain(text, TEXT_LENGTH_MAX)) return null;
  return holdsCardNumber(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, TEXT_LENGTH_MAX, CONTROL);
}
