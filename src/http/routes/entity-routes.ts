import { parseIdentifier } from '../../codec/mod.ts';
import { PAIR_KEYS, pairId, type SingleKey } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { ENTITY_EXAMPLE } from '../examples.ts';
import { sendJson } from '../replies.ts';
import { fieldRefusal, type HttpContext, pathPart, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

/** Name of each kind in a path, and what an id looks like. */
const COLLECTIONS: readonly (readonly [SingleKey, string, string])[] = [
  ['card', 'cards', 'card-tok-1'],
  ['account', 'accounts', 'acc-1'],
  ['device', 'devices', 'dev-1'],
  ['merchant', 'merchants', 'mer-1'],
  ['ip', 'ips', '192.0.2.17'],
  ['bin', 'bins', '424242'],
  ['country', 'countries', 'DE'],
];

/** The routes that tell how an entity stands. */
export function entityRoutes(context: HttpContext): readonly Route[] {
  const routes = COLLECTIONS.map(([kind, collection, example]) => entityRoute(context, kind, collection, example));
  return [...routes, pairRoute(context)];
}

function entityRoute({ engine }: HttpContext, kind: SingleKey, collection: string, example: string): Route {
  const operation = `read${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  return {
    operationId: operation,
    method: 'GET',
    path: `/v1/${collection}/{id}`,
    access: 'read',
    isSheddable: true,
    tag: 'Entities',
    summary: `Read how a ${kind} stands`,
    description: 'Its status, its revision, and every feature that the ruleset keeps for it.',
    parameters: [idParameter('id', `Id of the ${kind}`, example)],
    bodies: [],
    answers: [
      {
        status: 200,
        description: `The ${kind} as it stands`,
        content: {
          'application/json': {
            schema: schemaRef('EntityReport'),
            example: { ...ENTITY_EXAMPLE, kind, id: example },
          },
        },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const report = await engine.readEntity(kind, parseIdentifier('id', pathPart(request, 'id')));
      if (report === null) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          `Cannot read the ${kind} as it is unknown: no event has named it. Check the id.`,
        );
      }
      sendJson(reply, JSON.stringify(report));
    },
  };
}

function pairRoute({ engine }: HttpContext): Route {
  const example = { ...ENTITY_EXAMPLE, kind: 'card_merchant', id: 'card-tok-1+mer-1' };
  return {
    operationId: 'readPair',
    method: 'GET',
    path: '/v1/pairs/{pair}/{first}/{second}',
    access: 'read',
    isSheddable: true,
    tag: 'Entities',
    summary: 'Read the features of two together',
    description:
      'What one card does at one merchant, say. There is something to read where the ruleset keeps features so.',
    parameters: [
      {
        name: 'pair',
        in: 'path',
        description: 'What the two are, as the features are named',
        schema: { enum: PAIR_KEYS },
        example: 'card_merchant',
      },
      idParameter('first', 'Id of the first', 'card-tok-1'),
      idParameter('second', 'Id of the second', 'mer-1'),
    ],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The pair as it stands',
        content: { 'application/json': { schema: schemaRef('EntityReport'), example } },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const name = pathPart(request, 'pair');
      const pair = PAIR_KEYS.find((candidate) => candidate === name);
      if (pair === undefined) throw fieldRefusal('pair', `must be one of ${PAIR_KEYS.join(', ')}`);
      const first = parseIdentifier('first', pathPart(request, 'first'));
      const second = parseIdentifier('second', pathPart(request, 'second'));
      const report = await engine.readEntity(pair, pairId(first, second));
      if (report === null) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot read the pair as it is unknown: no event named both since features are kept so. Check the ids.',
        );
      }
      sendJson(reply, JSON.stringify(report));
    },
  };
}
