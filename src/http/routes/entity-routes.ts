import { parseIdentifier } from '../../codec/mod.ts';
import type { EntityKind } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { ENTITY_EXAMPLE } from '../examples.ts';
import { sendJson } from '../replies.ts';
import { type HttpContext, pathPart, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

/** Name of each kind in a path, and what an id looks like. */
const COLLECTIONS: readonly (readonly [EntityKind, string, string])[] = [
  ['card', 'cards', 'card-tok-1'],
  ['account', 'accounts', 'acc-1'],
  ['device', 'devices', 'dev-1'],
  ['merchant', 'merchants', 'mer-1'],
  ['ip', 'ips', '192.0.2.17'],
];

/** The routes that tell how an entity stands. */
export function entityRoutes(context: HttpContext): readonly Route[] {
  return COLLECTIONS.map(([kind, collection, example]) => entityRoute(context, kind, collection, example));
}

function entityRoute({ engine }: HttpContext, kind: EntityKind, collection: string, example: string): Route {
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
