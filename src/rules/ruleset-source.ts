import { type Document, isAlias, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { RULESET_BYTES_MAX } from '../domain/limits.ts';
import type { RulesetProblem } from '../ports/engine.ts';

/** Problems of one text beyond this number say nothing new. */
const PROBLEMS_MAX = 100;

/** Conditions with brackets, written within { } as they stand, are what the parser stumbles over most. */
const QUOTE_HINT = '. A value with [ ] { } , # or a colon in it has to stand in quotes.';

/** The text of a ruleset while it is read: gathers problems with the place where they are. */
export class RulesetSource {
  readonly text: string;
  readonly document: Document;
  readonly problems: RulesetProblem[] = [];
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
      return;
    }
    for (const error of [...this.document.errors, ...this.document.warnings]) {
      if (error.code === 'DUPLICATE_KEY') {
        this.#reportTwice(error.pos[0]);
        continue;
      }
      const hint = error.code === 'UNEXPECTED_TOKEN' ? QUOTE_HINT : '';
      this.report(error.pos[0], '', `This is not valid YAML: ${error.message}${hint}`);
      // What the parser makes of the rest after it has lost its place tells nothing.
      break;
    }
    if (this.problems.length === 0) this.#refuseAliases();
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
        const outer = [...ancestors, pair];
        let field = '';
        for (const [depth, node] of outer.entries()) {
          const parent = outer[depth - 1];
          if (isPair(node) && isScalar(node.key)) field += `${field === '' ? '' : '.'}${String(node.key.value)}`;
          else if (isSeq(parent)) field += `[${parent.items.indexOf(node)}]`;
        }
        found = { field, name: String(pair.key.value) };
        return visit.BREAK;
      },
    });
    return found;
  }

  #refuseAliases(): void {
    visit(this.document, {
      Node: (_key, node) => {
        if (isAlias(node)) this.report(this.offsetOf(node), '', 'Aliases are not supported: write the value out.');
        else if (node.anchor !== undefined) this.report(this.offsetOf(node), '', 'Anchors are not supported.');
      },
    });
  }
}
