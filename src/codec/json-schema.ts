import { z } from 'zod';

/**
 * JSON Schema (2020-12, which is what OpenAPI 3.1 takes) of what a schema of this room accepts. Every part stands in
 * place (no `$ref`) and `$schema` is left out, so that it fits anywhere in an OpenAPI document.
 */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', reused: 'inline' });
  return json;
}
