import { RULESET_BYTES_MAX } from '../../domain/limits.ts';
import { RULESET_EXAMPLE, RULESET_PROBLEM_EXAMPLE, RULESET_TEXT_EXAMPLE } from '../examples.ts';
import { principalOf } from '../principal.ts';
import { sendJson } from '../replies.ts';
import { bodyText, type HttpContext, type Route, type RouteBody } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS } from './shared.ts';

/** RFC 9512 registers application/yaml; the others are what tools send in practice. */
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'] as const;

/** Bodies that a ruleset is sent in. */
export const YAML_BODIES: readonly RouteBody[] = YAML_TYPES.map((type) => ({
  type,
  bytesMax: RULESET_BYTES_MAX,
  schema: { type: 'string', description: 'The YAML document' },
  example: RULESET_TEXT_EXAMPLE,
}));

/** The routes that read, try and publish the ruleset. Never shed: they are how an operator steers. */
export function rulesetRoutes(context: HttpContext): readonly Route[] {
  return [readRuleset(context), validateRuleset(context), publishRuleset(context)];
}

function readRuleset({ engine }: HttpContext): Route {
  return {
    operationId: 'readRuleset',
    method: 'GET',
    path: '/v1/ruleset',
    access: 'read',
    isSheddable: false,
    tag: 'Ruleset',
    summary: 'Read the ruleset that decides now',
    description: 'Its version, its rules, and the text that it was published as.',
    parameters: [],
    bodies: [],
    answers: [reportAnswer('The ruleset')],
    errors: ['ENGINE_NOT_READY', 'ENGINE_INTERNAL'],
    handle: async (_request, reply) => sendJson(reply, JSON.stringify(engine.ruleset())),
  };
}

function validateRuleset({ engine }: HttpContext): Route {
  return {
    operationId: 'validateRuleset',
    method: 'POST',
    path: '/v1/ruleset/validate',
    access: 'rules',
    isSheddable: false,
    tag: 'Ruleset',
    summary: 'Try a ruleset without publishing it',
    description: 'Answers with status 200 whether it is valid or not; every problem has its line, column and field.',
    parameters: [],
    bodies: YAML_BODIES.map((body) => ({ ...body, mayBeAbsent: true })),
    answers: [
      {
        status: 200,
        description: 'Whether it could be published, and what is wrong with it',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['valid', 'problems'],
              properties: {
                valid: { type: 'boolean' },
                problems: { type: 'array', items: schemaRef('RulesetProblem') },
              },
            },
            example: { valid: false, problems: [RULESET_PROBLEM_EXAMPLE] },
          },
        },
      },
    ],
    errors: ['ENGINE_INTERNAL'],
    handle: async (request, reply) => {
      const problems = engine.validateRuleset(bodyText(request));
      sendJson(reply, JSON.stringify({ valid: problems.length === 0, problems }));
    },
  };
}

function publishRuleset(context: HttpContext): Route {
  const { engine } = context;
  return {
    operationId: 'publishRuleset',
    method: 'PUT',
    path: '/v1/ruleset',
    access: 'publish',
    isSheddable: false,
    tag: 'Ruleset',
    summary: 'Publish a ruleset without an approval',
    description:
      'For a pipeline whose review was elsewhere. Decides about the events that come after. Changes nothing where it ' +
      'is not valid. People publish drafts, which a second person approves.',
    parameters: [],
    bodies: YAML_BODIES,
    answers: [reportAnswer('The ruleset as it is now')],
    errors: ['RULESET_INVALID', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const by = principalOf(request, context) ?? '';
      const origin = { source: 'api', by, draftId: null, approvedBy: null, note: '' } as const;
      sendJson(reply, JSON.stringify(await engine.publishRuleset(bodyText(request), origin)));
    },
  };
}

function reportAnswer(description: string): Route['answers'][number] {
  return {
    status: 200,
    description,
    content: { 'application/json': { schema: schemaRef('RulesetReport'), example: RULESET_EXAMPLE } },
  };
}
