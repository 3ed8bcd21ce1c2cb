import type { Outcome } from '../domain/decision.ts';
import { OUTCOMES } from '../domain/decision.ts';
import { PalisadeError } from '../domain/errors.ts';
import { decisionTextOf } from './record-text.ts';

const TRANSACTION = ',"transaction":{';
const HEAD = /^\{"transactionId":("(?:[^"\\]|\\.)*"),"outcome":"([a-z]+)",/;
const TAIL = /,"decidedAt":"([^"\\]+)"\}$/;

/** What is told of a decision without reading all of its record. */
export type DecisionEnvelope = {
  /** JSON text of `transaction`, `superseded` (where there is one) and `decision`, as the log has them. */
  readonly text: string;
  readonly transactionId: string;
  readonly outcome: Outcome;
  /** RFC 3339 UTC. */
  readonly decidedAt: string;
};

/**
 * Cuts transaction and decision out of the body of a TransactionDecided or a DecisionSuperseded, byte for byte. Throws
 * RECORD_UNREADABLE where the body is not as `record-text.ts` writes it. O(length), without parsing.
 */
export function envelopeOf(body: string): DecisionEnvelope {
  const decision = decisionTextOf(body);
  const start = body.indexOf(TRANSACTION);
  const head = HEAD.exec(decision);
  const tail = TAIL.exec(decision.slice(-64));
  const outcome = OUTCOMES.find((each) => each === head?.[2]);
  const decidedAt = tail?.[1];
  if (start < 0 || outcome === undefined || decidedAt === undefined) throw unreadable(body);
  return {
    text: `{${body.slice(start + 1)}`,
    transactionId: JSON.parse(head?.[1] ?? '""'),
    outcome,
    decidedAt,
  };
}

function unreadable(body: string): PalisadeError {
  const message =
    `Cannot tell a decision as the form of its record is not known: current length is ${body.length} characters. ` +
    'Run "palisade log verify".';
  return new PalisadeError('RECORD_UNREADABLE', message);
}
