/** What to blank: comments only, or comments and the inside of every text and pattern as well. */
export type MaskMode = 'comments' | 'comments-and-texts';

const PATTERN_MAY_FOLLOW = /(?:^|[=(,;:!&|?{}[+\-*%<>~^]|\b(?:return|case|typeof|in|of|new|delete|void|throw))\s*$/;

/** Scans one TypeScript source; each method consumes from `at` and keeps or blanks what it passes. */
class Masker {
  readonly #source: string;
  readonly #keepTexts: boolean;
  #at = 0;
  #masked = '';

  constructor(source: string, mode: MaskMode) {
    this.#source = source;
    this.#keepTexts = mode === 'comments';
  }

  run(): string {
    this.#code('');
    return this.#masked;
  }

  #keep(length: number): void {
    this.#masked += this.#source.slice(this.#at, this.#at + length);
    this.#at += length;
  }

  #blank(length: number): void {
    this.#masked += this.#source.slice(this.#at, this.#at + length).replace(/[^\n]/g, ' ');
    this.#at += length;
  }

  /** Passes code up to the closing brace of a template hole, or to the end of the source. */
  #code(closing: '' | '}'): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      const pair = this.#source.slice(this.#at, this.#at + 2);
      if (closing !== '' && char === closing && depth === 0) return;
      if (char === '{') depth++;
      if (char === '}') depth--;
      if (pair === '//') this.#blank(this.#distanceTo('\n', 0));
      else if (pair === '/*') this.#blank(this.#distanceTo('*/', 2));
      else if (char === "'" || char === '"') this.#text(char);
      else if (char === '`') this.#template();
      else if (char === '/' && PATTERN_MAY_FOLLOW.test(this.#masked.slice(-40))) this.#pattern();
      else this.#keep(1);
    }
  }

  #distanceTo(mark: string, extra: number): number {
    const end = this.#source.indexOf(mark, this.#at + extra);
    return end === -1 ? this.#source.length - this.#at : end + extra - this.#at;
  }

  #inside(length: number): void {
    if (this.#keepTexts) this.#keep(length);
    else this.#blank(length);
  }

  #text(quote: string): void {
    this.#keep(1);
    while (this.#at < this.#source.length && this.#source.charAt(this.#at) !== quote) {
      this.#inside(this.#source.charAt(this.#at) === '\\' ? 2 : 1);
    }
    this.#keep(1);
  }

  #template(): void {
    this.#keep(1);
    while (this.#at < this.#source.length && this.#source.charAt(this.#at) !== '`') {
      if (this.#source.slice(this.#at, this.#at + 2) === '${') {
        this.#keep(2);
        this.#code('}');
        this.#keep(1);
      } else {
        this.#inside(this.#source.charAt(this.#at) === '\\' ? 2 : 1);
      }
    }
    this.#keep(1);
  }

  #pattern(): void {
    this.#keep(1);
    let inClass = false;
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (char === '\n' || (char === '/' && !inClass)) break;
      if (char === '[') inClass = true;
      if (char === ']') inClass = false;
      this.#inside(char === '\\' ? 2 : 1);
    }
    this.#keep(1);
  }
}

/**
 * The source with comments, and on demand the inside of texts, templates and patterns, replaced by spaces. Every
 * offset and line stays where it was. O(length).
 */
export function maskSource(source: string, mode: MaskMode): string {
  return new Masker(source, mode).run();
}
