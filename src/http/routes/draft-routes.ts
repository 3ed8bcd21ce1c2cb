import type { FastifyRequest } from 'fastify';
import { isRulesetVersion, parseDraftId, parseNote } from '../../codec/mod.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { RULESET_BYTES_MAX, TEXT_LENGTH_MAX } from '../../domain/limits.ts';
import type { Author, DraftDetail, RulesetLab, RulesetShelfAnswer } from '../../ports/ruleset-lab.ts';
import { DRAFT_EXAMPLE, RULESET_EXAMPLE, RULESET_TEXT_EXAMPLE, SHELF_EXAMPLE } from '../examples.ts';
import { principalOf } from '../principal.ts';
import { textPart } from '../query-parts.ts';
import { sendJson } from '../replies.ts';
import { bodyText, type HttpContext, pathPart, type Route, requireQueryNames } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { YAML_BODIES } from './ruleset-routes.ts';
import { ENGINE_ERRORS } from './shared.ts';

const NOTE = textPart('note', 'Why, for those who come after', TEXT_LENGTH_MAX);
const BASED_ON = textPart(
  'basedOn',
  'changedAt of the draft that the text was made from, or none for a new one',
  TEXT_LENGTH_MAX,
);
const LAB_ERRORS: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'REQUEST_NOT_FOUND',
  'DRAFT_REFUSED',
  'APPROVAL_NEEDED',
  'RULESET_INVALID',
  ...ENGINE_ERRORS,
];
const DRAFT = {
  name: 'draft',
  in: 'path',
  description: 'Id of the draft',
  schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
} as const;

/** The routes of the rule lab; none where the server has none. Never shed: they are how an operator steers. */
export function draftRoutes(context: HttpContext): readonly Route[] {
  const { lab } = context;
  if (lab === null) return [];
  return [
    readShelf(context, lab),
    readDraft(lab),
    saveDraft(context, lab),
    removeDraft(context, lab),
    ...trialRoutes(context, lab),
    ...decidingRoutes(context, lab),
  ];
}

type Asked = { readonly id: string; readonly note: string; readonly by: Author };

/** A route about one draft; what it answers with null is told as not found. */
function aboutDraft(
  context: HttpContext,
  route: Pick<Route, 'operationId' | 'method' | 'path' | 'summary' | 'description'> & {
    readonly access?: 'read' | 'rules';
    readonly run: (asked: Asked, request: FastifyRequest) => Promise<object | null>;
  },
  answer: { readonly schema: 'DraftDetail' | 'RulesetReport'; readonly example: object } = DETAIL,
): Route {
  const { run, access = 'rules', ...rest } = route;
  const hasNote = rest.method !== 'GET';
  const schema = schemaRef(answer.schema);
  return {
    ...rest,
    access,
    isSheddable: false,
    tag: 'Rule lab',
    parameters: [DRAFT, ...(hasNote ? [NOTE.parameter] : [])],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'How it is now',
        content: { 'application/json': { schema, example: answer.example } },
      },
    ],
    errors: LAB_ERRORS,
    handle: async (request, reply) => {
      requireQueryNames(request, hasNote ? ['note', 'basedOn'] : []);
      const id = pathPart(request, 'draft');
      const note = hasNote ? parseNote(NOTE.read(request)) : '';
      const found = await run({ id, note, by: authorOf(request, context) }, request);
      if (found === null) throw unknown(id);
      sendJson(reply, JSON.stringify(found));
    },
  };
}

const DETAIL = { schema: 'DraftDetail', example: DRAFT_EXAMPLE } as const;
const REPORT = { schema: 'RulesetReport', example: RULESET_EXAMPLE } as const;

/** Null where calls need no key. */
function authorOf(request: FastifyRequest, context: HttpContext): Author {
  return context.keys === null ? null : (principalOf(request, context) ?? '');
}

function unknown(id: string): PalisadeError {
  const message = `Cannot find the ruleset as there is no draft and no version of the id: ${JSON.stringify(id)}.`;
  return new PalisadeError('REQUEST_NOT_FOUND', `${message} GET /v1/rulesets lists them.`);
}

function readShelf(context: HttpContext, lab: RulesetLab): Route {
  return {
    operationId: 'listRulesets',
    method: 'GET',
    path: '/v1/rulesets',
    access: 'read',
    isSheddable: false,
    tag: 'Rule lab',
    summary: 'List drafts, and every ruleset that was in force',
    description: 'Drafts with how far each is on its way; publications with who made them, and who approved.',
    parameters: [],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'Drafts and publications',
        content: { 'application/json': { schema: schemaRef('RulesetShelf'), example: SHELF_EXAMPLE } },
      },
    ],
    errors: ENGINE_ERRORS,
    handle: async (request, reply) => {
      const answer: RulesetShelfAnswer = { caller: authorOf(request, context), ...(await lab.shelf()) };
      sendJson(reply, JSON.stringify(answer));
    },
  };
}

function readDraft(lab: RulesetLab): Route {
  const published = {
    type: 'object',
    required: ['version', 'text'],
    properties: { version: { type: 'string' }, text: { type: 'string' } },
  };
  return {
    operationId: 'readDraft',
    method: 'GET',
    path: '/v1/rulesets/{draft}',
    access: 'read',
    isSheddable: false,
    tag: 'Rule lab',
    summary: 'Read a draft, or a version that was published',
    description:
      'A draft with its text, every problem of it with line, column and field, its history, its newest backtest with ' +
      'how far it is, and what it makes of the traffic where it runs in the shadow. For the id of a version: its text.',
    parameters: [DRAFT],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The draft, or the version',
        content: {
          'application/json': { schema: { anyOf: [schemaRef('DraftDetail'), published] }, example: DRAFT_EXAMPLE },
        },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const id = pathPart(request, 'draft');
      const found = isRulesetVersion(id) ? await readVersion(lab, id) : await lab.read(parseDraftId(id));
      if (found === null) throw unknown(id);
      sendJson(reply, JSON.stringify(found));
    },
  };
}

async function readVersion(lab: RulesetLab, version: string): Promise<object | null> {
  const text = await lab.publishedText(version);
  return text === null ? null : { version, text };
}

function saveDraft(context: HttpContext, lab: RulesetLab): Route {
  const route = aboutDraft(context, {
    operationId: 'saveDraft',
    method: 'PUT',
    path: '/v1/rulesets/{draft}',
    summary: 'Make a draft, or change its text',
    description:
      'A text with problems is kept, and told what they are; it cannot be tried or published. An approval is of a ' +
      'text: it is gone. With `basedOn`, a draft that was changed since is not overwritten.',
    run: ({ id, note, by }, request): Promise<DraftDetail> => {
      const basedOn = BASED_ON.read(request);
      const text = { text: bodyText(request), note, basedOn: basedOn === '' ? null : basedOn };
      return lab.save(parseDraftId(id), text, by);
    },
  });
  return {
    ...route,
    parameters: [DRAFT, NOTE.parameter, BASED_ON.parameter],
    bodies: YAML_BODIES.map((body) => ({ ...body, bytesMax: RULESET_BYTES_MAX, example: RULESET_TEXT_EXAMPLE })),
  };
}

function removeDraft(context: HttpContext, lab: RulesetLab): Route {
  const route = aboutDraft(context, {
    operationId: 'removeDraft',
    method: 'DELETE',
    path: '/v1/rulesets/{draft}',
    summary: 'Delete a draft',
    description: 'What it was, and what was done with it, stays in the log. What was published from it stays in force.',
    run: async ({ id, by }) => ((await lab.remove(parseDraftId(id), by)) ? {} : null),
  });
  const done = {
    status: 200,
    description: 'It is gone',
    content: { 'application/json': { schema: { type: 'object' } } },
  };
  return { ...route, answers: [done] };
}

function trialRoutes(context: HttpContext, lab: RulesetLab): readonly Route[] {
  return [
    aboutDraft(context, {
      operationId: 'validateDraft',
      method: 'POST',
      path: '/v1/rulesets/{draft}/validate',
      summary: 'Tell what is wrong with a draft',
      description: 'Every problem with line, column and field, as saving it does.',
      run: ({ id }) => lab.read(parseDraftId(id)),
    }),
    aboutDraft(context, {
      operationId: 'startBacktest',
      method: 'POST',
      path: '/v1/rulesets/{draft}/backtest',
      summary: 'Try a draft over the whole log',
      description:
        'Every record up to now passes through actors of their own, by the code that decides for callers, on one ' +
        'thread that steps back. One at a time. Read the draft for how far it is, and for what came out.',
      run: ({ id, by }) => lab.startBacktest(parseDraftId(id), by),
    }),
    aboutDraft(context, {
      operationId: 'cancelBacktest',
      method: 'DELETE',
      path: '/v1/rulesets/{draft}/backtest',
      summary: 'End a backtest that runs',
      description: 'Nothing of it is kept. The result of an earlier one stays.',
      run: ({ id }) => lab.cancelBacktest(parseDraftId(id)),
    }),
    aboutDraft(context, {
      operationId: 'startShadow',
      method: 'POST',
      path: '/v1/rulesets/{draft}/shadow',
      summary: 'Let a draft decide beside the live traffic',
      description:
        'From now on it decides about each transaction too, over the same past, and acts on nothing. Read the draft ' +
        'for where it disagrees. It goes on over restarts, until it is ended, published, or given another text.',
      run: ({ id, by }) => lab.startShadow(parseDraftId(id), by),
    }),
    aboutDraft(context, {
      operationId: 'stopShadow',
      method: 'DELETE',
      path: '/v1/rulesets/{draft}/shadow',
      summary: 'End the shadow of a draft',
      description: 'What it came to is kept with the draft.',
      run: ({ id, by }) => lab.stopShadow(parseDraftId(id), by),
    }),
  ];
}

function decidingRoutes(context: HttpContext, lab: RulesetLab): readonly Route[] {
  return [
    aboutDraft(context, {
      operationId: 'approveDraft',
      method: 'POST',
      path: '/v1/rulesets/{draft}/approve',
      summary: 'Approve a draft that others wrote',
      description: 'By a key that wrote none of its text: APPROVAL_NEEDED otherwise. Holds until the text is changed.',
      run: ({ id, note, by }) => lab.approve(parseDraftId(id), note, by),
    }),
    aboutDraft(
      context,
      {
        operationId: 'publishDraft',
        method: 'POST',
        path: '/v1/rulesets/{draft}/publish',
        summary: 'Put an approved draft into force',
        description:
          'Decides about the events that come after, and after every restart until something else is published.',
        run: ({ id, note, by }) => lab.publish(parseDraftId(id), note, by),
      },
      REPORT,
    ),
    aboutDraft(
      context,
      {
        operationId: 'rollBack',
        method: 'POST',
        path: '/v1/rulesets/{draft}/rollback',
        summary: 'Put an earlier version into force again',
        description: 'The id is that of a version that was in force before. It was approved then, and needs no other.',
        run: ({ id, note, by }) => (isRulesetVersion(id) ? lab.rollBack(id, note, by) : Promise.resolve(null)),
      },
      REPORT,
    ),
  ];
}
