const DIGITS_MIN = 13;
const DIGITS_MAX = 19;

/** Names, in lower case and without separators, of what PCI DSS forbids to store: refused wherever they stand. */
const CARD_DATA_NAMES = new Set([
  'pan',
  'fpan',
  'primaryaccountnumber',
  'cardnumber',
  'cardno',
  'cardpan',
  'ccnumber',
  'creditcardnumber',
  'cvv',
  'cvv1',
  'cvv2',
  'cvc',
  'cvc1',
  'cvc2',
  'cvn',
  'cvn2',
  'csc',
  'cardsecuritycode',
  'cardverificationcode',
  'cardverificationvalue',
  'securitycode',
  'track1',
  'track2',
  'track3',
  'trackdata',
  'track1data',
  'track2data',
  'magstripe',
  'magneticstripe',
  'pin',
  'pinblock',
  'pindata',
]);

/** Whether a member of this name is refused as card data, however it is spelt: cardNumber, card_number, CARD-NUMBER. */
export function isCardDataName(name: string): boolean {
  return CARD_DATA_NAMES.has(name.replace(/[\s_.-]/g, '').toLowerCase());
}

/** Luhn check (ISO/IEC 7812-1, annex B) over the digits of a text; what is no digit is skipped. O(length). */
export function isLuhnValid(text: string): boolean {
  let sum = 0;
  let isDoubled = false;
  for (let index = text.length - 1; index >= 0; index--) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) continue;
    const doubled = digit * 2;
    sum += isDoubled ? (doubled > 9 ? doubled - 9 : doubled) : digit;
    isDoubled = !isDoubled;
  }
  return sum % 10 === 0;
}

/** Digits with white space or dashes between them, and nothing else. */
const CARD_NUMBER = /^[\s\p{Pd}]*\d(?:[\s\p{Pd}]*\d){12,18}[\s\p{Pd}]*$/u;
const DIGIT_RUNS = /\d(?:[\s\p{Pd}]?\d){12,}/gu;
const STRIPE = /(?<!\d)\d{13,19}(?=[\^=D])/;

function isCardNumber(digits: string): boolean {
  return digits.length >= DIGITS_MIN && digits.length <= DIGITS_MAX && isLuhnValid(digits);
}

/**
 * Whether a text as a whole reads as a card number (13 to 19 digits, white space or dashes between, Luhn-valid), or
 * holds magnetic stripe data (such a number before `^`, `=` or `D`, as ISO/IEC 7813 separates it). Full-width digits
 * count as digits. What merely holds a long number is not taken for one: one in ten passes the Luhn check.
 */
export function isCardDataText(text: string): boolean {
  if (text.length < DIGITS_MIN) return false;
  const plain = text.normalize('NFKC');
  if (CARD_NUMBER.test(plain)) return isLuhnValid(plain);
  const stripe = STRIPE.exec(plain);
  return stripe !== null && isLuhnValid(stripe[0]);
}

/** Whether neighbouring groups of digits make up a card number. */
function holdsCardGroups(groups: readonly string[]): boolean {
  return groups.some((_, start) => {
    let digits = '';
    return groups.slice(start).some((group) => {
      digits += group;
      return isCardNumber(digits);
    });
  });
}

/**
 * Whether a free text or a name holds card data anywhere: `isCardDataText` of the whole, or a run of groups of digits
 * in it that is a card number. O(length) but for texts that are full of digits.
 */
export function holdsCardData(text: string): boolean {
  if (text.length < DIGITS_MIN) return false;
  if (isCardDataText(text)) return true;
  for (const [run] of text.normalize('NFKC').matchAll(DIGIT_RUNS)) {
    if (holdsCardGroups(run.split(/[\s\p{Pd}]/u))) return true;
  }
  return false;
}
