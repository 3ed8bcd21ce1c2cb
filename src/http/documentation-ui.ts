import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { JsonObject } from './openapi.ts';

/** Where the documentation for people is served; everything under it comes from the package's own files. */
export const UI_PREFIX = '/docs';

/**
 * Content security policy of the pages there: nothing from elsewhere, no inline script. Swagger UI sets inline styles
 * and draws its icons from data URLs.
 */
const UI_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves Swagger UI over the document; works offline. */
export function registerDocumentationUi(app: FastifyInstance, document: JsonObject): void {
  const empty = { openapi: '3.1.0', info: { title: 'Palisade', version: '' }, paths: {} };
  app.register(swagger, { mode: 'static', specification: { document: empty } });
  app.register(swaggerUi, {
    routePrefix: UI_PREFIX,
    staticCSP: UI_POLICY,
    transformSpecification: () => document,
    transformSpecificationClone: false,
    uiConfig: { deepLinking: true, persistAuthorization: false, tryItOutEnabled: true, validatorUrl: null },
    theme: { title: 'Palisade API' },
  });
}
