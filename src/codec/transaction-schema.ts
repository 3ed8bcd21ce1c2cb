import { z } from 'zod';
import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../domain/events.ts';
import { mayBeAbsent } from './absent.ts';
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
  producerField,
} from './fields.ts';

const AMOUNT_ZERO_MESSAGE = 'must be more than 0 unless the type is verification';

/** Every member of an authorization request, in the order in which problems are told. */
const transactionShape = {
  transactionId: identifierField('Id of the transaction and key of idempotency: the same id, the same answer', 'txn-1'),
  type: z.enum(TRANSACTION_TYPES).meta({ description: 'What the transaction is' }),
  occurredAt: eventTimeField('When it happened, RFC 3339; the offset tells the local hour'),
  cardId: identifierField('Token of the card, never its number', 'card-tok-1'),
  accountId: identifierField('Account that is charged', 'acc-1'),
  deviceId: mayBeAbsent(identifierField('Device that it came from', 'dev-1')),
  merchantId: mayBeAbsent(identifierField('Merchant that is paid', 'mer-1')),
  ip: mayBeAbsent(ipField('Address that it came from')),
  amountMinor: amountField('Amount in minor units of the currency; 0 only for a verification'),
  currency: currencyField('ISO 4217 alphabetic code'),
  channel: z.enum(CHANNELS).meta({ description: 'How the card was used' }),
  country: mayBeAbsent(countryField('ISO 3166-1 alpha-2 code of the place')),
  mcc: mayBeAbsent(mccField('ISO 18245 merchant category code')),
  location: mayBeAbsent(locationField('Where it happened')),
  bin: mayBeAbsent(binField('First 6 or 8 digits of the card number, as the tokenizer tells them')),
  binCountry: mayBeAbsent(countryField('Country of the issuer')),
  ipCountry: mayBeAbsent(countryField('Country of the address')),
  billingCountry: mayBeAbsent(countryField('Country of the billing address')),
  shippingCountry: mayBeAbsent(countryField('Country of the shipping address')),
  payeeId: mayBeAbsent(identifierField('Who receives a transfer', 'payee-1')),
  avsResult: mayBeAbsent(z.enum(AVS_RESULTS).meta({ description: 'Address verification' })),
  cvvResult: mayBeAbsent(z.enum(CVV_RESULTS).meta({ description: 'Card verification value; never the value' })),
  threeDSecureResult: mayBeAbsent(z.enum(THREE_D_SECURE_RESULTS).meta({ description: '3-D Secure' })),
  producer: mayBeAbsent(producerField()),
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
