/** Source of ids and of randomness, seeded where a run must be repeatable. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A new identifier, unique in the log. */
  id(): string;
}
