import { ID_LENGTH_MAX, TEXT_LENGTH_MAX } from '../domain/limits.ts';
import { holdsCardData, isCardDataText } from './card-data.ts';

/** What is said of a text with card data in it. The text itself is never told. */
export const CARD_DATA_MESSAGE = 'must not hold card data: send a token in its place';

const CARD_DIGITS_MIN = 13;
const SPACE = 32;
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

type Look = 'fine' | 'digits' | 'odd';

/**
 * One scan over a text, about 1 ns a character. `fine`: printable ASCII of 1 to `lengthMax` characters with no white
 * space around it, and too few digits for a card number. `digits`: the same with 13 digits or more. `odd`: anything
 * else, which takes a closer look.
 */
function lookAt(text: string, lengthMax: number): Look {
  const length = text.length;
  if (length === 0 || length > lengthMax) return 'odd';
  if (text.charCodeAt(0) === SPACE || text.charCodeAt(length - 1) === SPACE) return 'odd';
  let digits = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < SPACE || code > TILDE) return 'odd';
    if (code <= NINE && code >= ZERO) digits++;
  }
  return digits < CARD_DIGITS_MIN ? 'fine' : 'digits';
}

/** A letter that is not the separator of magnetic stripe data: where only such stand, the text is no card data. */
const PLAIN_LETTER = /[A-CE-Za-z_:./]/;
const LONG_RUN = /\d{13}/;

/** Whether printable ASCII is card data as a whole. A UUID, which has many digits, costs 0.1 µs here. */
function isCardData(text: string): boolean {
  return (!PLAIN_LETTER.test(text) || LONG_RUN.test(text)) && isCardDataText(text);
}

/**
 * Why a text is no identifier, as "must ..."; null where it is one: 1 to ID_LENGTH_MAX characters, well-formed
 * Unicode in NFC, nothing invisible, no white space around it, no card number. About 1 ns a character.
 */
export function identifierProblem(text: string): string | null {
  const look = lookAt(text, ID_LENGTH_MAX);
  if (look === 'fine') return null;
  if (look === 'digits') return isCardData(text) ? CARD_DATA_MESSAGE : null;
  if (text.length === 0) return 'must not be empty';
  return isCardDataText(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, ID_LENGTH_MAX, INVISIBLE);
}

/** Why a text is no name of an attribute, as "must ..."; null where it is one: an identifier without a card number. */
export function nameProblem(text: string): string | null {
  return identifierProblem(text) ?? (holdsCardData(text) ? CARD_DATA_MESSAGE : null);
}

/** Why a text is no note or attribute, as "must ..."; null where it is one. It may be empty and hold any characters
 * but control characters; a card number anywhere in it is refused. */
export function freeTextProblem(text: string): string | null {
  if (text.length === 0 || lookAt(text, TEXT_LENGTH_MAX) === 'fine') return null;
  return holdsCardData(text) ? CARD_DATA_MESSAGE : unicodeProblem(text, TEXT_LENGTH_MAX, CONTROL);
}
