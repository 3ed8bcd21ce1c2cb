import { z } from 'zod';
import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../domain/events.ts';
import {
  amountField,
  binField,
  countryField,
  currencyField,
  eventTimeField,
  identifierField,
  ipField,
  locationField,
  mccField,
} from './fields.ts';

const AMOUNT_ZERO_MESSAGE = 'must be more than 0 unless the type is verification';

/** Every member of an authorization request, in the order in which problems are told. */
const transactionShape = {
  transactionId: identifierField('Id of the transaction and key of idempotency: the same id, the same answer', 'txn-1'),
  type: z.enum(TRANSACTION_TYPES).meta({ description: 'What the transaction is' }),
  occurredAt: eventTimeField('When it happened, RFC 3339; the offset tells the local hour'),
  cardId: identifierField('Token of the card, never its number', 'card-tok-1'),
  accountId: identifierField('Account that is charged', 'acc-1'),
  deviceId: identifierField('Device that it came from', 'dev-1').exactOptional(),
  merchantId: identifierField('Merchant that is paid', 'mer-1').exactOptional(),
  ip: ipField('Address that it came from').exactOptional(),
  amountMinor: amountField('Amount in minor units of the currency; 0 only for a verification'),
  currency: currencyField('ISO 4217 alphabetic code'),
  channel: z.enum(CHANNELS).meta({ description: 'How the card was used' }),
  country: countryField('ISO 3166-1 alpha-2 code of the place').exactOptional(),
  mcc: mccField('ISO 18245 merchant category code').exactOptional(),
  location: locationField('Where it happened').exactOptional(),
  bin: binField('First 6 or 8 digits of the card number, as the tokenizer tells them').exactOptional(),
  binCountry: countryField('Country of the issuer').exactOptional(),
  ipCountry: countryField('Country of the address').exactOptional(),
  billingCountry: countryField('Country of the billing address').exactOptional(),
  shippingCountry: countryField('Country of the shipping address').exactOptional(),
  payeeId: identifierField('Who receives a transfer', 'payee-1').exactOptional(),
  avsResult: z.enum(AVS_RESULTS).meta({ description: 'Address verification' }).exactOptional(),
  cvvResult: z.enum(CVV_RESULTS).meta({ description: 'Card verification value; never the value' }).exactOptional(),
  threeDSecureResult: z.enum(THREE_D_SECURE_RESULTS).meta({ description: '3-D Secure' }).exactOptional(),
};

/** An authorization request, as `Transaction` has it. Strict: nothing is coerced, nothing unknown is let through. */
export const transactionSchema: z.ZodType<Transaction> = z
  .strictObject(transactionShape)
  .refine(({ amountMinor, type }) => amountMinor !== 0 || type === 'verification', {
    path: ['amountMinor'],
    message: AMOUNT_ZERO_MESSAGE,
    // Told also where other members are wrong; zod would hold it back until they are right.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ title: 'Transaction', description: 'A request to authorize' });

/** Names of the members of a transaction. */
export const TRANSACTION_FIELDS: readonly string[] = Object.keys(transactionShape);
