export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Structured operator log. Never given a card, an account or a body. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
