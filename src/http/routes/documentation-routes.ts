import { ERROR_PAGE_POLICY, errorPage } from '../error-page.ts';
import { sendJson } from '../replies.ts';
import type { Route } from '../route.ts';

const PAGE = {
  method: 'GET',
  access: 'public',
  isSheddable: false,
  tag: 'Operations',
  parameters: [],
  bodies: [],
  errors: [],
} as const;

/** The routes that describe the API: the OpenAPI document, made once, and the page of the error codes. */
export function documentationRoutes(openApiText: () => string): readonly Route[] {
  const page = errorPage();
  return [
    {
      ...PAGE,
      operationId: 'openApi',
      path: '/openapi.json',
      summary: 'This document',
      description: 'The API as OpenAPI 3.1. `/docs` shows it to people.',
      answers: [
        { status: 200, description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      ],
      handle: (_request, reply) => {
        sendJson(reply, openApiText());
        return undefined;
      },
    },
    {
      ...PAGE,
      operationId: 'errorCodes',
      path: '/docs/errors',
      summary: 'Every error code',
      description: 'The page that the `type` of a problem points at.',
      answers: [{ status: 200, description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } }],
      handle: (_request, reply) => {
        reply
          .header('content-type', 'text/html; charset=utf-8')
          .header('content-security-policy', ERROR_PAGE_POLICY)
          .send(page);
        return undefined;
      },
    },
  ];
}
