/** Topics of one installation: those that it reads, and those that it writes. */
export type TopicNames = {
  readonly transactions: string;
  readonly logins: string;
  readonly signals: string;
  readonly labels: string;
  readonly decisions: string;
  readonly alerts: string;
  readonly late: string;
  readonly deadLetters: string;
};

/** The names under a prefix, as `palisade.transactions`. */
export function topicNamesOf(prefix: string): TopicNames {
  return {
    transactions: `${prefix}.transactions`,
    logins: `${prefix}.logins`,
    signals: `${prefix}.signals`,
    labels: `${prefix}.labels`,
    decisions: `${prefix}.decisions`,
    alerts: `${prefix}.alerts`,
    late: `${prefix}.late`,
    deadLetters: `${prefix}.dead-letters`,
  };
}

/** The topics that events are read from. */
export function inboundTopicsOf({ transactions, logins, signals, labels }: TopicNames): readonly string[] {
  return [transactions, logins, signals, labels];
}

/** The topics that a publisher writes what stands in the log to. */
export function publishedTopicsOf({ decisions, alerts, late }: TopicNames): readonly string[] {
  return [decisions, alerts, late];
}
