import { type Document, isAlias, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { holdsCardData, isCardDataText } from '../domain/card-data.ts';
import { RULESET_BYTES_MAX } from '../domain/limits.ts';
import type { RulesetProblem } from '../ports/engine.ts';

/** Problems of one text beyond this number say nothing new. */
const PROBLEMS_MAX = 100;

/** Conditions with brackets, written within { } as they stand, are what the parser stumbles over most. */
const QUOTE_HINT = '. A value with [ ] { } , # or a colon in it has to stand in quotes.';

/** What conditions have in quotes. */
const LITERAL = /"([^"]*)"|'([^']*)'/g;

/** Texts for people: card data is looked for anywhere in them, elsewhere only where it is the whole text. */
const FREE_TEXTS = new Set(['note', 'description']);

function hasCardData(key: string, text: string): boolean {
  if (FREE_TEXTS.has(key)) return holdsCardData(text);
  return (
    isCardDataText(text) || [...text.matchAll(LITERAL)].some(([, one = '', two = '']) => isCardDataText(one || two))
  );
}

/** The path of the fields that lead to a place in the document, as problems name it. */
function fieldOf(outer: readonly unknown[]): string {
  let field = '';
  for (const [depth, node] of outer.entries()) {
    const parent = outer[depth - 1];
    if (isPair(node) && isScalar(node.key)) field += `${field === '' ? '' : '.'}${String(node.key.value)}`;
    else if (isSeq(parent)) field += `[${parent.items.indexOf(node)}]`;
  }
  return field;
}

/** The text of a ruleset while it is read: gathers problems with the place where they are. */
export class RulesetSource {
  readonly text: string;
  readonly document: Document;
  readonly problems: RulesetProblem[] = [];
  /** Whether the text can be read on: names that are there twice are problems, but hide no others. */
  readonly isReadable: boolean;
  readonly #lines = new LineCounter();

  /** Parses the text as YAML 1.2. Syntax errors, custom tags and aliases become problems; nothing is thrown. */
  constructor(text: string) {
    this.text = text;
    const bytes = new TextEncoder().encode(text).length;
    const isTooLong = bytes > RULESET_BYTES_MAX;
    this.document = parseDocument(isTooLong ? '' : text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      version: '1.2',
      stringKeys: true,
    });
    if (isTooLong) {
      this.report(0, '', `The ruleset has ${bytes} bytes, more than the limit of ${RULESET_BYTES_MAX}.`);
      this.isReadable = false;
      return;
    }
    let isReadable = true;
    for (const error of [...this.document.errors, ...this.document.warnings]) {
      if (error.code === 'DUPLICATE_KEY') {
        this.#reportTwice(error.pos[0]);
        continue;
      }
      const hint = error.code === 'UNEXPECTED_TOKEN' ? QUOTE_HINT : '';
      this.report(error.pos[0], '', `This is not valid YAML: ${error.message}${hint}`);
      // What the parser makes of the rest after it has lost its place tells nothing.
      isReadable = false;
      break;
    }
    this.isReadable = isReadable && !this.#refuseAliases();
    if (this.isReadable) this.#refuseCardData();
  }

  /** Notes a problem at an offset of the text. */
  report(offset: number, field: string, message: string): void {
    if (this.problems.length >= PROBLEMS_MAX) return;
    const { line, col } = this.#lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), field, message });
  }

  /** Offset of a node; of the start of the text where it has none. */
  offsetOf(node: unknown): number {
    return isNode(node) ? (node.range?.[0] ?? 0) : 0;
  }

  /**
   * Offset in the text of a character of a scalar's value, whatever the quotes, folding and indentation: the visible
   * characters of the value stand in the text in the same order, with only layout and escapes between them.
   */
  offsetInScalar(node: unknown, valueOffset: number): number {
    let offset = this.offsetOf(node);
    if (!isScalar(node) || typeof node.value !== 'string') return offset;
    if (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL') offset = this.text.indexOf('\n', offset) + 1;
    else if (node.type !== 'PLAIN') offset += 1;
    const end = node.range?.[1] ?? this.text.length;
    for (let index = 0; index <= valueOffset && index < node.value.length; index++) {
      const character = node.value[index] ?? '';
      if (character.trim() === '') continue;
      while (offset < end && this.text[offset] !== character) offset++;
      if (index === valueOffset) return offset;
      offset++;
    }
    return Math.min(offset, end);
  }

  /** Names the field of a key that its mapping has already: two features of one name, or the like. */
  #reportTwice(offset: number): void {
    const { field, name } = this.#fieldAt(offset);
    this.report(offset, field, `${name} is here twice: give each a name of its own, or leave one out.`);
  }

  #fieldAt(offset: number): { readonly field: string; readonly name: string } {
    let found = { field: '', name: '' };
    visit(this.document, {
      Pair: (_place, pair, ancestors) => {
        if (this.offsetOf(pair.key) !== offset || !isScalar(pair.key)) return undefined;
        found = { field: fieldOf([...ancestors, pair]), name: String(pair.key.value) };
        return visit.BREAK;
      },
    });
    return found;
  }

  #refuseAliases(): boolean {
    const before = this.problems.length;
    visit(this.document, {
      Node: (_key, node) => {
        if (isAlias(node)) this.report(this.offsetOf(node), '', 'Aliases are not supported: write the value out.');
        else if (node.anchor !== undefined) this.report(this.offsetOf(node), '', 'Anchors are not supported.');
      },
    });
    return this.problems.length > before;
  }

  /** The text of a ruleset is kept in the log for good, so that it holds no card data either. */
  #refuseCardData(): void {
    visit(this.document, {
      Scalar: (_place, node, ancestors) => {
        if (typeof node.value !== 'string') return;
        const pair = ancestors.at(-1);
        const key = isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : '';
        if (!hasCardData(key, node.value)) return;
        const field = fieldOf([...ancestors, node]);
        this.report(this.offsetOf(node), field, 'A ruleset must not hold card data: put a token in its place.');
      },
    });
  }
}
