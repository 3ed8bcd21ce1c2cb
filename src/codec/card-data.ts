const DIGITS_MIN = 13;
const DIGITS_MAX = 19;

/** Names, in lower case and without separators, that carry what PCI DSS forbids to store: refused wherever they stand. */
const CARD_DATA_NAMES = new Set([
  'pan',
  'fpan',
  'primaryaccountnumber',
  'card',
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
  'track',
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

/** Whether a member of this name is refused as card data, whatever its spelling: cardNumber, card_number, CARD-NUMBER. */
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

function isCardNumber(digits: string): boolean {
  const count = digits.replace(/\D/g, '').length;
  return count >= DIGITS_MIN && count <= DIGITS_MAX && isLuhnValid(digits);
}

/**
 * Whether a text as a whole reads as a card number (13 to 19 digits, spaces or hyphens between, Luhn-valid), or holds
 * magnetic stripe data (such a number before `^`, `=` or `D`, as ISO/IEC 7813 separates it).
 */
export function isCardDataText(text: string): boolean {
  if (text.length < DIGITS_MIN) return false;
  if (/^\s*\d(?:[\s-]*\d){12,18}\s*$/.test(text)) return isLuhnValid(text);
  const stripe = /(?<!\d)\d{13,19}(?=[\^=D])/.exec(text);
  return stripe !== null && isLuhnValid(stripe[0]);
}

/**
 * Whether a free text holds a card number anywhere: `isCardDataText` of the whole, or of a run of digits in it. Free
 * texts only: an identifier with a long number in it would be refused one time in ten.
 */
export function holdsCardNumber(text: string): boolean {
  if (isCardDataText(text)) return true;
  for (const [run] of text.matchAll(/\d(?:[\s-]?\d){12,}/g)) {
    if (isCardNumber(run) || run.split(/[\s-]/).some(isCardNumber)) return true;
  }
  return false;
}
