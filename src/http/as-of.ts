import type { AsOf, Projections } from '../ports/projections.ts';
import type { JsonSchema } from './route.ts';

/** How far an answer that stands at a position reflects the log. */
export function asOf(projections: Projections, position: number): AsOf {
  const now = projections.statistics();
  const { headPosition } = now;
  // What is read before it has caught up for the first time is behind since it is being built.
  const lagSeconds = position < now.position ? Math.max(now.lagSeconds, now.buildingSeconds) : now.lagSeconds;
  return { position, headPosition, lagEvents: Math.max(0, headPosition - position), lagSeconds };
}

/** One for the documentation: nothing is behind. */
export const AS_OF: AsOf = { position: 4711, headPosition: 4711, lagEvents: 0, lagSeconds: 0 };

export const AS_OF_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'How far the answer reflects the log',
  required: ['position', 'headPosition', 'lagEvents', 'lagSeconds'],
  properties: {
    position: { type: 'integer', description: 'Every record up to here is in the answer' },
    headPosition: { type: 'integer' },
    lagEvents: { type: 'integer' },
    lagSeconds: { type: 'number', description: 'Since when the projections have been behind the head' },
  },
};
