import { z } from 'zod';
import { ENTITY_KINDS } from '../domain/entities.ts';
import { LIST_KINDS, LIST_NAMES } from '../domain/lists.ts';
import { mayBeAbsent } from './absent.ts';
import { countryProblem, freeTextField, identifierField, instantField, ipProblem, textField } from './fields.ts';
import { canonicalCidr } from './ip-address.ts';
import { identifierProblem } from './text.ts';

/** Body of `PUT /v1/lists/{list}/{kind}/{value}`: both members may be left out. */
export const listEntryBodySchema = z
  .strictObject({
    expiresAt: mayBeAbsent(instantField('When the entry ends; it stays where this is absent')),
    note: mayBeAbsent(freeTextField('Why it is there')),
  })
  .meta({ title: 'ListEntryBody', description: 'What is said of a list entry' });

const suppressionKeyShape = {
  ruleId: identifierField('Rule that is switched off', 'amount-spike'),
  kind: z.enum(ENTITY_KINDS).meta({ description: 'Kind of the entity' }),
  id: identifierField('Id of the entity', 'card-tok-1'),
};

/** What names a suppression. */
export const suppressionKeySchema = z.strictObject(suppressionKeyShape);

/** Body that sets a suppression. */
export const suppressionBodySchema = z
  .strictObject({
    ...suppressionKeyShape,
    until: instantField('Event time until which the rule stays off'),
    note: mayBeAbsent(freeTextField('Why')),
  })
  .meta({ title: 'SuppressionBody', description: 'One rule switched off for one entity until a time' });

function cidrProblem(text: string): string | null {
  return canonicalCidr(text) === null ? 'must be a CIDR block, such as 192.0.2.0/24' : null;
}

/** A BIN or a part of one: a card's own BIN has six or eight digits, and an entry of seven stands for ten of eight. */
function binListProblem(text: string): string | null {
  return /^\d{6,8}$/.test(text) ? null : 'must have 6 to 8 digits';
}

/** Cards of one issuer at one merchant: the BIN, an at sign and the merchant's id. */
function binMerchantProblem(text: string): string | null {
  const at = text.indexOf('@');
  const isBin = at > 0 && binListProblem(text.slice(0, at)) === null;
  return isBin ? identifierProblem(text.slice(at + 1)) : 'must be a BIN, @ and a merchant id, such as 424242@mer-1';
}

const VALUE_PROBLEMS = {
  card: identifierProblem,
  account: identifierProblem,
  device: identifierProblem,
  merchant: identifierProblem,
  ip: ipProblem,
  cidr: cidrProblem,
  bin: binListProblem,
  country: countryProblem,
  bin_merchant: binMerchantProblem,
};

const [firstKind, ...otherKinds] = LIST_KINDS.map((kind) =>
  z.strictObject({ list: z.enum(LIST_NAMES), kind: z.literal(kind), value: textField(VALUE_PROBLEMS[kind]) }),
);
if (firstKind === undefined)
  throw new Error('Cannot build the list schema as there are no kinds: LIST_KINDS is empty.');

/** What names a list entry; the form of the value goes by the kind. */
export const listKeySchema = z.discriminatedUnion('kind', [firstKind, ...otherKinds]);
