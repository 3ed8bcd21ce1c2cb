import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { PalisadeError } from '../../domain/errors.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const valueSchema = z
  .strictObject({
    column: z.string().exactOptional(),
    columns: z.array(z.string()).min(2).exactOptional(),
    constant: scalar.exactOptional(),
    lookup: z.strictObject({ table: z.string(), by: z.string(), column: z.string() }).exactOptional(),
    transform: z.enum(['epoch_seconds', 'epoch_milliseconds', 'minor_units', 'number', 'boolean']).exactOptional(),
    map: z.record(z.string(), scalar).exactOptional(),
    default: scalar.exactOptional(),
    prefix: z.string().exactOptional(),
  })
  .refine(
    ({ column, columns, constant, lookup }) =>
      [column, columns, constant, lookup].filter((source) => source !== undefined).length === 1,
    { error: 'needs exactly one of column, columns, constant and lookup' },
  );

const positionSchema = z.strictObject({ latitude: valueSchema, longitude: valueSchema });
const planeSchema = z.strictObject({
  plane: z.strictObject({
    x: valueSchema,
    y: valueSchema,
    origin: z.strictObject({ latitude: z.number().min(-80).max(80), longitude: z.number().min(-180).max(180) }),
  }),
});
const fieldsSchema = z.record(z.string(), z.union([valueSchema, positionSchema, planeSchema]));

const mappingSchema = z.strictObject({
  name: z.string(),
  description: z.string().exactOptional(),
  format: z.enum(['csv', 'ndjson']).exactOptional(),
  tables: z.record(z.string(), z.strictObject({ file: z.string(), key: z.string() })).exactOptional(),
  before: z.array(z.strictObject({ file: z.string(), fields: fieldsSchema })).exactOptional(),
  fields: fieldsSchema,
  label: z
    .strictObject({
      column: z.string(),
      fraud_values: z.array(z.string()).min(1),
      group: valueSchema.exactOptional(),
    })
    .exactOptional(),
});

/** How one field of an event is made from a row. */
export type ValueMapping = z.infer<typeof valueSchema>;
export type PositionMapping = z.infer<typeof positionSchema>;
export type PlaneMapping = z.infer<typeof planeSchema>;
export type FieldMapping = ValueMapping | PositionMapping | PlaneMapping;
export type FieldMappings = Readonly<Record<string, FieldMapping>>;

/** A mapping file: how the rows of a foreign file become events. `docs/cli.md` explains every part. */
export type Mapping = z.infer<typeof mappingSchema>;

/** Reads the text of a mapping file. Throws INPUT_FILE that names every wrong field. */
export function parseMapping(path: string, text: string): Mapping {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PalisadeError('INPUT_FILE', `Cannot use the mapping as it is no YAML: ${path}: ${detail}`, { cause });
  }
  const result = mappingSchema.safeParse(document);
  if (result.success) return result.data;
  throw new PalisadeError(
    'INPUT_FILE',
    `Cannot use the mapping as it does not fit the schema: ${path}. Correct the fields below, see docs/cli.md.`,
    { fields: result.error.issues.map(({ path: at, message }) => ({ field: at.join('.') || '(top)', message })) },
  );
}
