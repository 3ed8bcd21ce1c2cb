import { wordsIn } from './stored-values.ts';

/** One condition of a statement, with the values that are bound in it. */
export type Condition = { readonly sql: string; readonly values: readonly (string | number)[] };

/** Conditions of a list, gathered one by one: what is absent adds nothing. */
export class Conditions {
  readonly #all: Condition[] = [];
  readonly #words: string[] = [];
  readonly #searched: string[] = [];

  /** The column has the value. `isWord`: it is in the index of words, which finds it. */
  equal(column: string, value: string | null, isWord = true): this {
    if (value === null) return this;
    this.#all.push({ sql: `r."${column}" = ?`, values: [value] });
    if (isWord) this.#words.push(...wordsIn(value).map((word) => `"${word}"`));
    return this;
  }

  /** The column has one of the values; none of them stands for all. */
  oneOf(column: string, values: readonly string[], isWord = true): this {
    const [only] = values;
    if (values.length === 1 && only !== undefined) return this.equal(column, only, isWord);
    if (values.length > 0) {
      this.#all.push({ sql: `r."${column}" IN (${values.map(() => '?').join(', ')})`, values });
      if (isWord) this.#words.push(`(${values.map((value) => `"${value}"`).join(' OR ')})`);
    }
    return this;
  }

  /** The column, a list of words, has the word. */
  has(columns: readonly string[], word: string | null): this {
    if (word === null) return this;
    const sql = columns.map((column) => `instr(' ' || r."${column}" || ' ', ?) > 0`).join(' OR ');
    this.#all.push({ sql: `(${sql})`, values: columns.map(() => ` ${word} `) });
    this.#words.push(...wordsIn(word).map((each) => `"${each}"`));
    return this;
  }

  add(sql: string, ...values: (string | number)[]): this {
    this.#all.push({ sql, values });
    return this;
  }

  /** Every word of the text has to begin a word of the row. */
  search(text: string): this {
    this.#searched.push(...wordsIn(text));
    return this;
  }

  /** All conditions as one text; `1` where there are none. */
  get sql(): string {
    return this.#all.length === 0 ? '1' : this.#all.map(({ sql }) => sql).join(' AND ');
  }

  get values(): readonly (string | number)[] {
    return this.#all.flatMap(({ values }) => values);
  }

  /** Words that are searched for, to be tested on each row where the index of words would give too many. */
  get searched(): readonly string[] {
    return this.#searched;
  }

  /**
   * What to ask the index of words, without words that are tested row by row; null where nothing can be asked of it.
   */
  match(tested: readonly string[] = []): string | null {
    const searched = this.#searched.filter((word) => !tested.includes(word));
    const all = [...this.#words, ...searched.map((word) => `"${word}"*`)];
    return all.length === 0 ? null : all.join(' AND ');
  }
}
