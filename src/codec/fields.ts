import { z } from 'zod';
import { isCardDataText } from '../domain/card-data.ts';
import { AMOUNT_MINOR_MAX, ID_LENGTH_MAX, METRIC_ABSOLUTE_MAX, TEXT_LENGTH_MAX } from '../domain/limits.ts';
import { currencyExponent } from '../domain/money.ts';
import { isCountry } from './countries.ts';
import { epochMsOf, instantProblem } from './instant.ts';
import { canonicalIp } from './ip-address.ts';
import { CARD_DATA_MESSAGE, freeTextProblem, identifierProblem, nameProblem } from './text.ts';

/** A text that a function finds no problem with. The message of the issue is what the function says. */
export function textField(problemOf: (text: string) => string | null) {
  return z.string().check((payload) => {
    const message = problemOf(payload.value);
    if (message !== null) payload.issues.push({ code: 'custom', message, input: '', continue: true });
  });
}

/** A finite number that is not -0, and that a function finds no problem with. */
function numberField(problemOf: (value: number) => string | null) {
  return z.number().check((payload) => {
    const message = Object.is(payload.value, -0) ? 'must not be -0: send 0' : problemOf(payload.value);
    if (message !== null) payload.issues.push({ code: 'custom', message, input: 0, continue: true });
  });
}

/** Why a text is no event time, as "must ..."; null where it is one. Times before 1970 are refused. */
export function eventTimeProblem(text: string): string | null {
  const ms = epochMsOf(text);
  return ms >= 0 ? null : (instantProblem(text) ?? 'must not be before 1970-01-01T00:00:00Z');
}

/** Why a text is no currency that ISO 4217 lists. */
export function currencyProblem(text: string): string | null {
  return currencyExponent(text) === null ? 'must be an ISO 4217 code in upper case, such as EUR' : null;
}

/** Why a text is no country that ISO 3166-1 lists. */
export function countryProblem(text: string): string | null {
  return isCountry(text) ? null : 'must be an ISO 3166-1 alpha-2 code in upper case, such as DE';
}

const IP_MESSAGE = 'must be an IPv4 or IPv6 address, without a zone or a port';

/** Why a text is no IP address. */
export function ipProblem(text: string): string | null {
  return canonicalIp(text) === null ? IP_MESSAGE : null;
}

/** The one spelling of an address; what is no address stays as it is. */
export function toCanonicalIp(text: string): string {
  return canonicalIp(text) ?? text;
}

/** Why a text is no merchant category code. */
export function mccProblem(text: string): string | null {
  return /^\d{4}$/.test(text) ? null : 'must have exactly 4 digits (ISO 18245)';
}

/** Why a text is no bank identification number. */
export function binProblem(text: string): string | null {
  return /^\d{6}(?:\d{2})?$/.test(text) ? null : 'must have exactly 6 or 8 digits';
}

/** Why a number is no amount in minor units. */
export function amountProblem(value: number): string | null {
  if (!Number.isInteger(value)) return 'must be an integer count of minor units, such as 1250 for EUR 12.50';
  return value >= 0 && value <= AMOUNT_MINOR_MAX ? null : `must be from 0 to ${AMOUNT_MINOR_MAX}`;
}

function rangeProblem(limit: number): (value: number) => string | null {
  return (value) => (value >= -limit && value <= limit ? null : `must be from -${limit} to ${limit}`);
}

const attributeValue = z.union([textField(freeTextProblem), numberField(attributeNumberProblem), z.boolean()], {
  error: 'must be a text, a number or a boolean',
});

function attributeNumberProblem(value: number): string | null {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return 'must be a safe integer: below 2^53 in size';
  return isCardDataText(String(Math.abs(value))) ? CARD_DATA_MESSAGE : null;
}

/** Why a number is no measurement. */
function metricProblem(value: number): string | null {
  return Math.abs(value) <= METRIC_ABSOLUTE_MAX
    ? null
    : `must be from -${METRIC_ABSOLUTE_MAX} to ${METRIC_ABSOLUTE_MAX}`;
}

/** Why a text is no name of a measurement. */
function metricNameProblem(text: string): string | null {
  if (nameProblem(text) !== null) return nameProblem(text);
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(text) ? null : 'must be up to 64 letters, digits and _';
}

/** The kinds of field that requests are made of, each with what OpenAPI says of it. */
export const identifierField = (description: string, example: string) =>
  textField(identifierProblem).meta({
    description,
    minLength: 1,
    maxLength: ID_LENGTH_MAX,
    examples: [example],
  });
export const producerField = () =>
  identifierField('System that made the event, not one that passes it on; watermarks are kept for each', 'gateway-1');
export const freeTextField = (description: string) =>
  textField(freeTextProblem).meta({ description, maxLength: TEXT_LENGTH_MAX });
export const instantField = (description: string) =>
  textField(instantProblem).meta({ description, format: 'date-time', examples: ['2026-01-31T13:45:00.250+02:00'] });
export const eventTimeField = (description: string) =>
  textField(eventTimeProblem).meta({ description, format: 'date-time', examples: ['2026-01-31T13:45:00.250+02:00'] });
export const currencyField = (description: string) =>
  textField(currencyProblem).meta({ description, pattern: '^[A-Z]{3}$', examples: ['EUR'] });
export const countryField = (description: string) =>
  textField(countryProblem).meta({ description, pattern: '^[A-Z]{2}$', examples: ['DE'] });
export const ipField = (description: string) =>
  z
    .string()
    .check((payload) => {
      const canonical = canonicalIp(payload.value);
      if (canonical !== null) payload.value = canonical;
      else payload.issues.push({ code: 'custom', message: IP_MESSAGE, input: '', continue: true });
    })
    .meta({ description, examples: ['192.0.2.17'] });
export const mccField = (description: string) =>
  textField(mccProblem).meta({ description, pattern: '^[0-9]{4}$', examples: ['5411'] });
export const binField = (description: string) =>
  textField(binProblem).meta({ description, pattern: '^([0-9]{6}|[0-9]{8})$', examples: ['400000'] });
export const amountField = (description: string) =>
  numberField(amountProblem).meta({
    description,
    type: 'integer',
    minimum: 0,
    maximum: AMOUNT_MINOR_MAX,
    examples: [1250],
  });
export const metricName = textField(metricNameProblem);
export const metricValueField = (description: string) =>
  numberField(metricProblem).meta({ description, minimum: -METRIC_ABSOLUTE_MAX, maximum: METRIC_ABSOLUTE_MAX });
export const locationField = (description: string) =>
  z
    .strictObject({
      latitude: numberField(rangeProblem(90)).meta({ description: 'Degrees, WGS 84', minimum: -90, maximum: 90 }),
      longitude: numberField(rangeProblem(180)).meta({ description: 'Degrees, WGS 84', minimum: -180, maximum: 180 }),
    })
    .meta({ description });
export const attributesField = (description: string) =>
  z.record(textField(nameProblem), attributeValue).meta({ description });
