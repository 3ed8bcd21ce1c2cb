import fc from 'fast-check';
import { ACTOR_KINDS } from '../../src/domain/entities.ts';
import type { LateArrival, RevisionCause } from '../../src/domain/records.ts';
import { LATE_POLICIES } from '../../src/domain/views.ts';
import { occurredAt } from './support.ts';

const noNullPrototype = { noNullPrototype: true } as const;
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
const name = text.filter((value) => !['__proto__', 'constructor', 'prototype'].includes(value));
/** Finite and not -0: JSON.stringify writes that as 0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

const featureValues = fc.dictionary(name, number, { maxKeys: 3, ...noNullPrototype });

/** What became of an event that came too late; most events did not. */
export const late: fc.Arbitrary<{ readonly late?: LateArrival }> = fc.record(
  {
    late: fc.record(
      {
        policy: fc.constantFrom(...LATE_POLICIES),
        watermark: occurredAt,
        corrections: fc.array(
          fc.record(
            {
              kind: fc.constantFrom(...ACTOR_KINDS),
              id: text,
              corrects: fc.nat(),
              before: featureValues,
              after: featureValues,
            },
            noNullPrototype,
          ),
          { maxLength: 2 },
        ),
      },
      noNullPrototype,
    ),
  },
  { requiredKeys: [], ...noNullPrototype },
);

/** Whether a later event of one of its entities came first. */
export const overtaken: fc.Arbitrary<{ readonly overtaken?: true }> = fc.record(
  { overtaken: fc.constant(true as const) },
  { requiredKeys: [], ...noNullPrototype },
);

/** The late event that revised an approval; most decisions were superseded by the fallback policy. */
export const revised: fc.Arbitrary<{ readonly revisedBy?: RevisionCause }> = fc.record(
  {
    revisedBy: fc.record({ corrects: fc.nat(), causePosition: fc.nat(), causeId: text, occurredAt }, noNullPrototype),
  },
  { requiredKeys: [], ...noNullPrototype },
);
