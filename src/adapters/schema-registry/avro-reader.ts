import avro, { type Schema, type Type } from 'avsc';
import { PalisadeError } from '../../domain/errors.ts';
import type { MessageKind } from '../../ports/message-decoder.ts';
import { locationField, READER_SCHEMAS, type ReaderField } from './reader-schemas.ts';
import type { RegisteredSchema } from './registry-client.ts';

const MICROS_A_MS = 1000;

/** Reads the bytes of one writer's schema as JSON text. Throws REQUEST_MALFORMED where they do not fit it. */
export type AvroReader = (bytes: Uint8Array) => string;

/**
 * Makes the reader of messages that were written by a schema: fields by name, as Avro resolves a writer's schema to a
 * reader's. Fields that nobody here knows are passed over, absent ones take their default, numbers are widened. The
 * names of records do not matter, and a text may have been written as an enum. Throws SCHEMA_UNREADABLE with what does
 * not fit.
 */
export function avroReader(kind: MessageKind, id: number, { text, references }: RegisteredSchema): AvroReader {
  try {
    const registry: Record<string, Type> = {};
    for (const reference of references) avro.Type.forSchema(schemaOf(reference), { registry });
    const source = schemaOf(text);
    const writer = avro.Type.forSchema(source, { registry });
    const reader = readerFor(kind, writer);
    const resolver = reader.createResolver(writer);
    const divisor = isInMicros(source) ? MICROS_A_MS : 1;
    return (bytes) =>
      jsonOf(
        kind,
        read(id, () => reader.fromBuffer(Buffer.from(bytes), resolver)),
        divisor,
      );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message =
      `Cannot read a ${kind} as its schema does not fit: schema ${id}, ${reason}. ` +
      'Give it the fields that the documentation names, and send the message again.';
    throw new PalisadeError('SCHEMA_UNREADABLE', message, { cause: error });
  }
}

function schemaOf(text: string): Schema {
  const trimmed = text.trim();
  return /^["{[]/.test(trimmed) ? JSON.parse(trimmed) : trimmed;
}

/** The reader's schema under the names that the writer gave its records, and with the enums of the writer. */
function readerFor(kind: MessageKind, writer: Type): Type {
  if (!(writer instanceof avro.types.RecordType)) throw new Error(`it is of type ${writer.typeName}, not a record`);
  const { name, fields } = READER_SCHEMAS[kind];
  const named = new Set<string>();
  return avro.Type.forSchema({
    type: 'record',
    name: writer.name ?? name,
    fields: fields.map((field) => fieldFor(field, writer.field(field.name)?.type, named)),
  });
}

/** `named` holds the enums that fields before it have defined: a second definition would not be allowed. */
function fieldFor(field: ReaderField, written: Type | undefined, named: Set<string>): ReaderField {
  const branches = written === undefined ? [] : branchesOf(written);
  const choice = branches.find((branch) => branch instanceof avro.types.EnumType);
  if (choice?.name !== undefined) {
    const { name, symbols } = choice;
    const type = named.has(name) ? name : { type: 'enum' as const, name, symbols };
    named.add(name);
    const isOptional = branches.some(({ typeName }) => typeName === 'null');
    return { name: field.name, type: isOptional ? ['null', type] : type };
  }
  const record = branches.find((branch) => branch instanceof avro.types.RecordType);
  return field.name === 'location' && record?.name !== undefined ? locationField(record.name) : field;
}

function branchesOf(type: Type): readonly Type[] {
  const { UnwrappedUnionType, WrappedUnionType } = avro.types;
  return type instanceof UnwrappedUnionType || type instanceof WrappedUnionType ? type.types : [type];
}

function isInMicros(source: Schema): boolean {
  if (typeof source !== 'object' || !('fields' in source) || !Array.isArray(source.fields)) return false;
  const field: unknown = source.fields.find(({ name }) => name === 'occurredAt');
  return JSON.stringify(field ?? null).includes('"timestamp-micros"');
}

function read(id: number, work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot read the message as its bytes do not fit its schema: schema ${id}, ${reason}. Resend.`;
    throw new PalisadeError('REQUEST_MALFORMED', message, { cause: error });
  }
}

/** Members in the order of the reader's schema, without those that are absent: one event is one text. */
function jsonOf(kind: MessageKind, value: unknown, divisor: number): string {
  const members: Record<string, unknown> = kind === 'transaction' ? {} : { type: kind };
  for (const { name } of READER_SCHEMAS[kind].fields) {
    const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    if (member !== null && member !== undefined) members[name] = member;
  }
  const { occurredAt } = members;
  if (typeof occurredAt === 'number') members.occurredAt = timeText(occurredAt / divisor);
  return JSON.stringify(members);
}

/** A time that no date has stays a number, which the codec refuses by name. */
function timeText(ms: number): string | number {
  const date = new Date(Math.floor(ms));
  return Number.isNaN(date.getTime()) ? ms : date.toISOString();
}
