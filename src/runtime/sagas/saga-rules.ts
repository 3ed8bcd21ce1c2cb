import type { AnyStateMachine } from 'xstate';
import type { SagaDefinition, SagaSettings } from '../../ports/saga.ts';
import { AskingFacts, type ResponseMap } from './asking-facts.ts';
import type { LaneSettings } from './endpoint-lane.ts';
import { tabulateSaga } from './saga-chart.ts';
import { SAGAS_ENDPOINT } from './saga-draft.ts';
import type { SagaKind } from './saga-loader.ts';

/** What sagas go by, from the file of responses. */
export type SagaRules = {
  readonly responses: ResponseMap;
  /** How each endpoint is treated; their names are the endpoints that there are. */
  readonly endpoints: ReadonlyMap<string, LaneSettings>;
  /** Settings by kind. */
  readonly options: ReadonlyMap<string, SagaSettings['options']>;
};

/** The rules as a runner uses them; replaced as a whole, between two steps. */
export type RulesInForce = {
  readonly asking: AskingFacts;
  settingsOf(kind: string): SagaSettings;
};

/** The kinds of some definitions, by name, ready to run. */
export function sagaKindsOf(definitions: readonly SagaDefinition<AnyStateMachine>[]): ReadonlyMap<string, SagaKind> {
  return new Map(
    definitions.map((definition) => {
      const { kind, machine } = definition;
      return [kind, { definition, chart: tabulateSaga(kind, machine) }];
    }),
  );
}

/** Makes rules ready for a runner of these kinds. */
export function rulesInForce(kinds: ReadonlyMap<string, SagaKind>, rules: SagaRules): RulesInForce {
  const definitions = new Map([...kinds].map(([kind, { definition }]) => [kind, definition]));
  const endpoints = new Set([...rules.endpoints.keys(), SAGAS_ENDPOINT]);
  return {
    asking: new AskingFacts(rules.responses, definitions),
    settingsOf: (kind) => ({ endpoints, options: rules.options.get(kind) ?? {} }),
  };
}
