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
    const { current, rulesetOf } = this.#parts;
    if (this.#current !== current()) {
      // The rows of its tables may be others.
      this.#programs.clear();
      this.#current = current();
    }
    const known = this.#programs.get(version);
    if (known !== undefined) return known;
    const inForce = this.#current.ruleset;
    const program = this.#compile(inForce.version === version ? inForce : await rulesetOf(version));
    if (this.#programs.size >= PROGRAMS_MAX) this.#programs.clear();
    this.#programs.set(version, program);
    return program;
  }

  #compile(ruleset: Ruleset | null): Program | null {
    if (ruleset === null) return null;
    const tables = this.#parts.rowsOf(ruleset.tables);
    return tables === null ? null : this.#parts.programOf(ruleset, tables);
  }
}
