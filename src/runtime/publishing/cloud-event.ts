/** What CloudEvents 1.0 says about a message, beside its data. */
export type CloudEvent = {
  /** The same whenever the same event is sent: what a receiver tells repeats by. */
  readonly id: string;
  readonly type: string;
  /** Who sends it: a URI reference. With the id it names the event. */
  readonly source: string;
  /** RFC 3339; '' where it is not known. */
  readonly time: string;
  /** What it is about, within the source. */
  readonly subject: string;
};

/**
 * Headers of a message in the binary mode of the Kafka binding of CloudEvents 1.0.2, with JSON data. Header values are
 * UTF-8 as they stand: the binding, unlike the one for HTTP, escapes nothing.
 */
export function cloudEventHeaders({ id, type, source, time, subject }: CloudEvent): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: type,
    ce_source: source,
    ...(time === '' ? {} : { ce_time: time }),
    ...(subject === '' ? {} : { ce_subject: subject }),
    'content-type': 'application/json',
  };
}
