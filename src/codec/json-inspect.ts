import { holdsCardData } from '../domain/card-data.ts';
import type { FieldProblem } from '../domain/errors.ts';

const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);
const NAME_SHOWN_MAX = 64;

/** What a slow look at a JSON text finds: the problems by field, or the index at which it stops being JSON. */
export type Inspection = { readonly problems: readonly FieldProblem[]; readonly errorAt: number | null };

/** A member name as an error may show it: never card data, nothing invisible, not endless. */
export function shownName(name: string): string {
  if (holdsCardData(name)) return '(card data)';
  const visible = name.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '\ufffd');
  return visible.length > NAME_SHOWN_MAX ? `${visible.slice(0, NAME_SHOWN_MAX)}...` : visible;
}

/** Dotted path of a place in a body; the empty path is the body itself. */
export function shownPath(path: readonly PropertyKey[]): string {
  return path.map((part) => shownName(String(part))).join('.');
}

/** Whether a member of this name could reach an object's prototype in careless code. */
export function isForbiddenName(name: string): boolean {
  return FORBIDDEN_NAMES.has(name);
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** A walk over a JSON text by recursive descent; the guard has bounded its depth before. */
class JsonWalk {
  readonly problems: FieldProblem[] = [];
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether one value, and nothing after it, makes up the text. Where not, `at` is the first index that is wrong. */
  run(): boolean {
    if (!this.#value()) return false;
    this.#match(SPACE);
    return this.at === this.#text.length;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  #take(character: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  #report(message: string): void {
    this.problems.push({ field: shownPath(this.#path), message });
  }

  #value(): boolean {
    if (this.#take('{')) return this.#take('}') || this.#members(new Set());
    if (this.#take('[')) return this.#take(']') || this.#elements();
    if (this.#match(STRING) !== null) return true;
    const scalar = this.#match(SCALAR);
    if (scalar === null) return false;
    const value: unknown = JSON.parse(scalar);
    if (Object.is(value, -0)) this.#report('must not be -0: send 0');
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      this.#report('must be a number that fits 64-bit floating point');
    }
    return true;
  }

  #members(names: Set<string>): boolean {
    do {
      this.#match(SPACE);
      const quoted = this.#match(STRING);
      if (quoted === null) return false;
      const name = String(JSON.parse(quoted));
      this.#path.push(name);
      if (names.has(name)) this.#report('must appear once: it is repeated');
      if (isForbiddenName(name)) this.#report('must not be used as a name');
      names.add(name);
      if (!this.#take(':') || !this.#value()) return false;
      this.#path.pop();
    } while (this.#take(','));
    return this.#take('}');
  }

  #elements(): boolean {
    let index = 0;
    do {
      this.#path.push(index++);
      if (!this.#value()) return false;
      this.#path.pop();
    } while (this.#take(','));
    return this.#take(']');
  }
}

/**
 * Looks slowly at a JSON text that the guard did not pass: repeated and forbidden names, -0, numbers out of range, each
 * by its path; or where it stops being JSON (RFC 8259). The nesting was bounded before. O(length).
 */
export function inspectJson(text: string): Inspection {
  const walk = new JsonWalk(text);
  const isJson = walk.run();
  return { problems: isJson ? walk.problems : [], errorAt: isJson ? null : walk.at };
}
