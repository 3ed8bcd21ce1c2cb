import { parseCaseBulk, parseCaseOrder, parseIdentifier, parseLabel } from '../../codec/mod.ts';
import { CASE_ACTIONS } from '../../domain/case-facts.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import { BATCH_BYTES_MAX, BODY_BYTES_MAX } from '../../domain/limits.ts';
import type { CaseReceipt, Cases } from '../../ports/cases.ts';
import type { Projections } from '../../ports/projections.ts';
import { CASE_ROW_EXAMPLE } from '../console-examples.ts';
import { principalOf } from '../principal.ts';
import { sendJson } from '../replies.ts';
import { bodyText, fieldRefusal, type HttpContext, type JsonSchema, pathPart, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { listCases } from './case-list-route.ts';
import { consoleRead, listOf } from './console-read.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

const RECEIPT: CaseReceipt = { caseId: '4711', position: 4712, labelled: 0 };
const RECEIPT_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['caseId', 'position', 'labelled'],
  properties: {
    caseId: { type: 'string' },
    position: { type: 'integer', description: 'Where the change stands in the log: asOf passes it when it is seen' },
    labelled: { type: 'integer', description: 'Transactions that the resolution labelled' },
  },
};

/** Labels, and the cases that people work on; none where the server has none. */
export function caseRoutes(context: HttpContext, projections: Projections): readonly Route[] {
  const { cases } = context;
  if (cases === null) return [];
  return [
    listCases(cases, projections),
    readCase(cases, projections),
    takeNext(context, cases),
    bulk(context, cases),
    order(context, cases),
    label(cases),
  ];
}

function readCase(cases: Cases, projections: Projections): Route {
  return consoleRead(projections, {
    operationId: 'readCase',
    path: '/v1/cases/{id}',
    summary: 'Read a case',
    description: 'Its row, its alerts, and its history: everything that was done with it, by whom and when.',
    pathParts: [idParameter('id', 'Id of the case', CASE_ROW_EXAMPLE.caseId)],
    query: [],
    members: {
      row: schemaRef('CaseRow'),
      alerts: listOf(schemaRef('CaseAlert')),
      history: listOf(schemaRef('CaseChange')),
    },
    example: { row: CASE_ROW_EXAMPLE, alerts: [], history: [] },
    errors: ['REQUEST_NOT_FOUND'],
    read: async (request) => {
      const detail = await cases.read(parseIdentifier('id', pathPart(request, 'id')));
      if (detail === null) throw noCase();
      return detail;
    },
  });
}

/** What the routes that change cases have in common. */
function changing(route: Pick<Route, 'operationId' | 'path' | 'summary' | 'description' | 'handle'>): Route {
  return {
    ...route,
    method: 'POST',
    access: 'cases',
    isSheddable: true,
    tag: 'Console',
    parameters: [],
    bodies: [],
    answers: [answerOf(RECEIPT_SCHEMA, RECEIPT)],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'CASE_REFUSED', 'READ_STORE_FAILED', ...ENGINE_ERRORS],
  };
}

function answerOf(schema: JsonSchema, example: unknown): Route['answers'][number] {
  return { status: 200, description: 'What was done', content: { 'application/json': { schema, example } } };
}

function takeNext(context: HttpContext, cases: Cases): Route {
  return {
    ...changing({
      operationId: 'takeNextCase',
      path: '/v1/cases/next',
      summary: 'Take the next case',
      description:
        'The first of the queue that nobody holds and that is not snoozed, held for the caller for 15 minutes. No ' +
        'two callers are given the same case. `case` is null where none waits.',
      handle: async (request, reply) => {
        const receipt = await cases.takeNext(principalOf(request, context) ?? '');
        sendJson(reply, JSON.stringify({ case: receipt }));
      },
    }),
    answers: [
      answerOf(
        { type: 'object', required: ['case'], properties: { case: { anyOf: [RECEIPT_SCHEMA, { type: 'null' }] } } },
        { case: RECEIPT },
      ),
    ],
  };
}

function order(context: HttpContext, cases: Cases): Route {
  return {
    ...changing({
      operationId: 'changeCase',
      path: '/v1/cases/{id}/{action}',
      summary: 'Do something with a case',
      description:
        'take (held for 15 minutes), release, assign (`assignee`), note (`note`), snooze (`until`), resolve ' +
        '(`label`: every transaction of the case is labelled so), reopen. Durable when answered, in its history.',
      handle: async (request, reply) => {
        const id = parseIdentifier('id', pathPart(request, 'id'));
        const named = pathPart(request, 'action');
        const action = CASE_ACTIONS.find((candidate) => candidate === named);
        if (action === undefined) throw fieldRefusal('action', `must be one of ${CASE_ACTIONS.join(', ')}`);
        const by = principalOf(request, context) ?? '';
        const receipt = await cases.order(id, { ...parseCaseOrder(action, bodyText(request)), by });
        if (receipt === null) throw noCase();
        sendJson(reply, JSON.stringify(receipt));
      },
    }),
    parameters: [
      idParameter('id', 'Id of the case', CASE_ROW_EXAMPLE.caseId),
      { name: 'action', in: 'path', description: 'What to do', schema: { enum: CASE_ACTIONS }, example: 'note' },
    ],
    bodies: [
      {
        type: 'application/json',
        mayBeAbsent: true,
        bytesMax: BODY_BYTES_MAX,
        schema: schemaRef('CaseOrder'),
        example: { note: 'Called the customer' },
      },
    ],
    errors: [
      ...(['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', 'CASE_REFUSED', 'READ_STORE_FAILED'] as const),
      ...ENGINE_ERRORS,
    ],
  };
}

function bulk(context: HttpContext, cases: Cases): Route {
  const example = { count: 2, done: [RECEIPT], refused: [{ caseId: '4712', reason: 'it is resolved' }] };
  const properties = {
    count: { type: 'integer', description: 'Cases that there are of those named' },
    done: listOf(RECEIPT_SCHEMA),
    refused: listOf({ type: 'object' }),
  };
  return {
    ...changing({
      operationId: 'changeCases',
      path: '/v1/cases/bulk',
      summary: 'Do the same with many cases',
      description:
        'With `preview` nothing is done, and `count` tells how many there are. Each case is changed by itself: ' +
        '`refused` names those that were not, and why.',
      handle: async (request, reply) => {
        const { caseIds, isPreview, ...rest } = parseCaseBulk(bodyText(request));
        const by = principalOf(request, context) ?? '';
        const done: CaseReceipt[] = [];
        const refused: { readonly caseId: string; readonly reason: string }[] = [];
        let count = 0;
        for (const caseId of caseIds) {
          const isThere = (await cases.read(caseId)) !== null;
          if (isThere) count += 1;
          else refused.push({ caseId, reason: 'there is no such case' });
          if (isPreview || !isThere) continue;
          try {
            const receipt = await cases.order(caseId, { ...rest, by });
            if (receipt !== null) done.push(receipt);
          } catch (error) {
            if (!isPalisadeError(error, 'CASE_REFUSED')) throw error;
            refused.push({ caseId, reason: error.message });
          }
        }
        sendJson(reply, JSON.stringify({ count, done, refused }));
      },
    }),
    bodies: [
      {
        type: 'application/json',
        bytesMax: BATCH_BYTES_MAX,
        schema: schemaRef('CaseBulk'),
        example: { action: 'resolve', label: 'legitimate', caseIds: ['4711', '4712'], preview: true },
      },
    ],
    answers: [answerOf({ type: 'object', required: Object.keys(properties), properties }, example)],
  };
}

function label(cases: Cases): Route {
  return {
    operationId: 'recordLabel',
    method: 'POST',
    path: '/v1/labels',
    access: 'cases',
    isSheddable: true,
    tag: 'Console',
    summary: 'Say what became of a transaction',
    description:
      'fraud, legitimate or chargeback: the newest label counts. It feeds the actors of the transaction and the ' +
      'statistics of the rules that hit it. The same `eventId` again is the same label.',
    parameters: [],
    bodies: [
      {
        type: 'application/json',
        bytesMax: BODY_BYTES_MAX,
        schema: schemaRef('LabelBody'),
        example: { transactionId: 'txn-1', label: 'fraud' },
      },
    ],
    answers: [
      answerOf(
        { type: 'object', required: ['eventId'], properties: { eventId: { type: 'string' } } },
        { eventId: 'lbl-1' },
      ),
    ],
    errors: ['REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', 'TRANSACTION_CONFLICT', 'READ_STORE_FAILED', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const { transactionId, label: named, eventId = null } = parseLabel(bodyText(request));
      const recorded = await cases.label(transactionId, named, eventId);
      if (recorded === null) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot label the transaction as the projections know of none: it is unknown, or they lag. Check the id.',
        );
      }
      sendJson(reply, JSON.stringify(recorded));
    },
  };
}

function noCase(): PalisadeError {
  return new PalisadeError('REQUEST_NOT_FOUND', 'Cannot find the case as there is none of the id. Check the id.');
}
