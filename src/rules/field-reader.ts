import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { RulesetSource } from './ruleset-source.ts';
import { didYouMean } from './suggestion.ts';

export type NumberBounds = { readonly min: number; readonly max: number; readonly integer?: boolean };

const QUOTED_LENGTH_MAX = 60;

/** A value as a message quotes it: enough of it to find it by. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}... (${text.length} characters)` : text;
}

/** The hint for a text that ends inside a bracket, as YAML took its comma for the end of a value; else ''. */
export function cutHint(text: string): string {
  const isCut = text.includes('(') && !text.includes(')');
  return isCut ? ' Put it in quotes: within { } a comma ends a value.' : '';
}

/** Names the kind of a YAML value for a message. */
function kindOf(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (typeof node.value === 'number' || typeof node.value === 'bigint') return `the number ${node.value}`;
  return quoted(node.value);
}

/**
 * Reads the fields of one mapping. A field that is missing or wrong is reported with its place and read as a
 * placeholder, so that one pass finds every problem. Call `finish` last: it refuses the keys that nobody asked for.
 */
export class FieldReader {
  readonly source: RulesetSource;
  readonly path: string;
  readonly #map: YAMLMap;
  readonly #asked = new Set<string>();

  constructor(source: RulesetSource, map: YAMLMap, path: string) {
    this.source = source;
    this.#map = map;
    this.path = path;
  }

  /** Reads a node as a mapping, or reports that it is none. */
  static of(source: RulesetSource, node: unknown, path: string, parentOffset: number): FieldReader | null {
    if (isMap(node)) return new FieldReader(source, node, path);
    const offset = isScalar(node) || isSeq(node) ? source.offsetOf(node) : parentOffset;
    source.report(offset, path, `${path === '' ? 'A ruleset' : path} must be a mapping, not ${kindOf(node)}.`);
    return null;
  }

  get offset(): number {
    return this.source.offsetOf(this.#map);
  }

  pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  /** The value of a key; undefined where the key is absent. */
  node(key: string): unknown {
    this.#asked.add(key);
    return this.#map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
  }

  has(key: string): boolean {
    return this.node(key) !== undefined;
  }

  report(key: string, message: string): void {
    const node = this.node(key);
    this.source.report(node === undefined ? this.offset : this.source.offsetOf(node), this.pathOf(key), message);
  }

  /** A text; required where no fallback is given. */
  text(key: string, fallback?: string): string {
    const node = this.node(key);
    if (node === undefined) return this.#absent(key, fallback, '');
    if (isScalar(node) && typeof node.value === 'string' && node.value.trim() !== '') return node.value;
    const hint = isScalar(node) && node.value !== null && node.value !== '' ? ' Put it in quotes.' : '';
    this.report(key, `${key} must be a text, not ${kindOf(node)}.${hint}`);
    return fallback ?? '';
  }

  /** A text that fits a pattern; `form` tells the reader what the pattern wants. */
  textLike(key: string, pattern: RegExp, form: string, fallback?: string): string {
    const before = this.source.problems.length;
    const text = this.text(key, fallback);
    if (this.source.problems.length === before && text !== fallback && !pattern.test(text)) {
      this.report(key, `${key} must be ${form}, not ${quoted(text)}.`);
    }
    return text;
  }

  choice<T extends string>(key: string, options: readonly [T, ...T[]], fallback?: T): T {
    const node = this.node(key);
    if (node === undefined) return this.#absent(key, fallback, options[0]);
    const word = isScalar(node) ? node.value : null;
    const chosen = options.find((option) => option === word);
    if (chosen !== undefined) return chosen;
    const hint = typeof word === 'string' ? didYouMean(word, options) : '';
    this.report(key, `${key} must be one of ${options.join(', ')}, not ${kindOf(node)}.${hint}`);
    return fallback ?? options[0];
  }

  number(key: string, bounds: NumberBounds, fallback?: number): number {
    const node = this.node(key);
    if (node === undefined) return this.#absent(key, fallback, bounds.min);
    const value = isScalar(node) ? node.value : null;
    const fits = typeof value === 'number' && value >= bounds.min && value <= bounds.max;
    if (fits && (bounds.integer !== true || Number.isInteger(value))) return value;
    const noun = bounds.integer === true ? 'a whole number' : 'a number';
    this.report(key, `${key} must be ${noun} from ${bounds.min} to ${bounds.max}, not ${kindOf(node)}.`);
    return fallback ?? bounds.min;
  }

  /** One text, or a list of them. */
  texts(key: string): string[] {
    const node = this.node(key);
    if (!isSeq(node)) return [this.text(key)].filter((text) => text !== '');
    return node.items.flatMap((item) => {
      if (isScalar(item) && typeof item.value === 'string' && item.value.trim() !== '') return [item.value];
      this.source.report(this.source.offsetOf(item), this.pathOf(key), `${key} must hold texts, not ${kindOf(item)}.`);
      return [];
    });
  }

  /** The elements of a list; none where it is absent. */
  list(key: string): readonly unknown[] {
    const node = this.node(key);
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (isSeq(node)) return node.items;
    this.report(key, `${key} must be a list, not ${kindOf(node)}.`);
    return [];
  }

  /** A mapping inside; null where it is absent or no mapping. */
  child(key: string): FieldReader | null {
    const node = this.node(key);
    if (node === undefined || (isScalar(node) && node.value === null)) return null;
    return FieldReader.of(this.source, node, this.pathOf(key), this.offset);
  }

  /** Every key with its place, for mappings whose keys are names. Of a key that is there twice the first. */
  entries(): { readonly key: string; readonly offset: number }[] {
    const offsets = new Map<string, number>();
    for (const pair of this.#map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      this.#asked.add(key);
      if (!offsets.has(key)) offsets.set(key, this.source.offsetOf(pair.key));
    }
    return [...offsets].map(([key, offset]) => ({ key, offset }));
  }

  finish(): void {
    for (const pair of this.#map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (this.#asked.has(key)) continue;
      const message = `The field ${key} is not known.${didYouMean(key, this.#asked)}`;
      this.source.report(this.source.offsetOf(pair.key), this.pathOf(key), message);
    }
  }

  #absent<T>(key: string, fallback: T | undefined, placeholder: T): T {
    if (fallback !== undefined) return fallback;
    this.source.report(this.offset, this.pathOf(key), `The field ${key} is missing.`);
    return placeholder;
  }
}
