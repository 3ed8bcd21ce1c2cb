import type { Position } from '../../domain/entities.ts';
import type { TableRows, TableSpec } from '../../domain/tables.ts';
import type { Ruleset } from '../../rules/mod.ts';
import type { Program } from '../program.ts';

/** Rulesets whose programs are kept: the one in force, and the one before it. */
const PROGRAMS_MAX = 2;

export type ReviewProgramParts = {
  /** The program in force. */
  readonly current: () => Program;
  readonly rulesetOf: (version: string) => Promise<Ruleset | null>;
  /** The rows of tables, where the ruleset in force has all of them; null where it has not. */
  readonly rowsOf: (specs: readonly TableSpec[]) => readonly TableRows[] | null;
  readonly programOf: (ruleset: Ruleset, tables: readonly TableRows[]) => Program;
  /** The program over the lists and tables from before a position; null where too much would have to be read. */
  readonly pastProgramOf: (ruleset: Ruleset, position: Position) => Promise<Program | null>;
};

/**
 * Programs by the version of their ruleset, for decisions to be evaluated anew by the rules that gave them. None of
 * them is the one in force: its scratch space is that of the event that is being decided.
 */
export class ReviewPrograms {
  readonly #parts: ReviewProgramParts;
  readonly #programs = new Map<string, Program | null>();
  #current: Program | null = null;

  constructor(parts: ReviewProgramParts) {
    this.#parts = parts;
  }

  /** Null where the ruleset is not known any more, or reads a table that the one in force has not. */
  async of(version: string): Promise<Program | null> {
    const { current } = this.#parts;
    if (this.#current !== current()) {
      // The rows of its tables may be others.
      this.#programs.clear();
      this.#current = current();
    }
    const known = this.#programs.get(version);
    if (known !== undefined) return known;
    const program = this.#compile(await this.#rulesetOf(version));
    if (this.#programs.size >= PROGRAMS_MAX) this.#programs.clear();
    this.#programs.set(version, program);
    return program;
  }

  /** The same over the lists and tables as they were before a position. O(their changes), up to a bound. */
  async before(version: string, position: Position): Promise<Program | null> {
    const ruleset = await this.#rulesetOf(version);
    return ruleset === null ? null : await this.#parts.pastProgramOf(ruleset, position);
  }

  async #rulesetOf(version: string): Promise<Ruleset | null> {
    const { ruleset } = this.#parts.current();
    return ruleset.version === version ? ruleset : await this.#parts.rulesetOf(version);
  }

  #compile(ruleset: Ruleset | null): Program | null {
    if (ruleset === null) return null;
    const tables = this.#parts.rowsOf(ruleset.tables);
    return tables === null ? null : this.#parts.programOf(ruleset, tables);
  }
}
