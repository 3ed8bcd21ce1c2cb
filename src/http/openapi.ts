import { problemOf } from '../codec/mod.ts';
import { ERRORS, type ErrorCode, PalisadeError } from '../domain/errors.ts';
import type { Route, RouteAnswer, RouteParameter } from './route.ts';
import { SCHEMAS, schemaRef } from './schemas.ts';

/** Any JSON object; the document is built once and sent as text. */
export type JsonObject = Readonly<Record<string, unknown>>;

const TAGS: readonly (readonly [string, string])[] = [
  ['Authorizations', 'Decide about transactions, and read what was decided'],
  ['Events', 'Logins, device signals, labels and reference data'],
  ['Entities', 'How cards, accounts, devices, merchants and addresses stand'],
  ['Console', 'Decisions, alerts, entities and traffic as analysts look at them'],
  ['Tables', 'Reference data that rules read as of the time of an event'],
  ['Lists', 'Allow, block and watch lists, and rules switched off for one entity'],
  ['Ruleset', 'The rules that decide'],
  ['Rule lab', 'Rulesets that are drafted, tried, approved and put into force'],
  ['Operations', 'For probes, for scraping, for documentation'],
];

const DESCRIPTION = `Decides whether a transaction may go ahead, and says why.

Every error is \`application/problem+json\` (RFC 9457) with a stable \`code\` and with \`retry\`: \`never\` with this
input, \`later\` as it stands, \`after_repair\` once an operator has acted. A path that exists answers a method that it
has not with METHOD_NOT_ALLOWED and an \`Allow\` header; one that does not exist with REQUEST_NOT_FOUND.`;

const SECURITY_SCHEMES: JsonObject = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key, pk_<id>_<secret>' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The same key in a header of its own' },
};

/**
 * The API as OpenAPI 3.1: every route with every answer it can give. Made from the routes themselves, so that nothing
 * is served that is not described. The scope of a route stands in its security requirement (OpenAPI 3.1 lets any
 * scheme name roles there).
 */
export function openApiOf(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Palisade',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: SCHEMAS, securitySchemes: SECURITY_SCHEMES },
  };
}

/** Every error that a route can answer with: its own, and those that come with its access, body and shedding. */
export function errorsOf(route: Route): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(route.errors);
  if (route.access !== 'public') for (const code of ACCESS_ERRORS) codes.add(code);
  if (route.bodies.length > 0) for (const code of BODY_ERRORS) codes.add(code);
  if (route.isSheddable) codes.add('ENGINE_OVERLOADED');
  return [...codes];
}

const ACCESS_ERRORS: readonly ErrorCode[] = ['AUTH_MISSING', 'AUTH_INVALID', 'AUTH_SCOPE'];
const BODY_ERRORS: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'REQUEST_MALFORMED',
  'REQUEST_AMBIGUOUS',
  'REQUEST_TOO_LARGE',
  'REQUEST_MEDIA_TYPE',
  'REQUEST_TIMEOUT',
];

function operationOf(route: Route): JsonObject {
  const content = route.bodies.map(({ type, schema, example }) => [type, { schema, example }]);
  const required = !route.bodies.some(({ mayBeAbsent }) => mayBeAbsent === true);
  const body = content.length === 0 ? {} : { requestBody: { required, content: Object.fromEntries(content) } };
  const security = [{ bearer: [route.access] }, { apiKey: [route.access] }];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    ...(route.access === 'public' ? { security: [] } : { security }),
    parameters: route.parameters.map(parameterOf),
    ...body,
    responses: { ...answersOf(route.answers), ...problemsOf(errorsOf(route)) },
  };
}

/** A part of a path or a query is never empty: leaving a part of a query out is how nothing is said. */
function parameterOf(parameter: RouteParameter): JsonObject {
  const isText = parameter.schema.type === 'string' && parameter.schema.enum === undefined;
  const schema = isText ? { minLength: 1, ...parameter.schema } : parameter.schema;
  return { ...parameter, schema, required: parameter.in === 'path' };
}

function answersOf(answers: readonly RouteAnswer[]): JsonObject {
  return Object.fromEntries(
    answers.map(({ status, description, content, headers = {} }) => {
      const described = Object.entries(headers).map(([name, text]) => [
        name,
        { description: text, schema: { type: 'string' } },
      ]);
      return [String(status), { description, content, headers: Object.fromEntries(described) }];
    }),
  );
}

/** One response for each status, with an example for each code that it may have. */
function problemsOf(codes: readonly ErrorCode[]): JsonObject {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  const statuses = [...byStatus.keys()].sort((left, right) => left - right);
  return Object.fromEntries(statuses.map((status) => [String(status), problemResponse(byStatus.get(status) ?? [])]));
}

function problemResponse(codes: readonly ErrorCode[]): JsonObject {
  const examples = codes.map((code) => {
    const { title } = ERRORS[code];
    return [code, { summary: title, value: problemOf(new PalisadeError(code, `${title}.`)) }];
  });
  return {
    description: codes.map((code) => `${code}: ${ERRORS[code].title}`).join('. '),
    content: {
      'application/problem+json': { schema: schemaRef('Problem'), examples: Object.fromEntries(examples) },
    },
  };
}
