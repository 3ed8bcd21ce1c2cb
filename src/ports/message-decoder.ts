/** What a message on a topic of events is. */
export const MESSAGE_KINDS = ['transaction', 'login', 'signal', 'label'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Turns the bytes of messages into the JSON text that the codec reads. */
export interface MessageDecoder {
  /**
   * The JSON text of a message; at once where nothing has to be fetched for it. Fails with SCHEMA_UNREADABLE or
   * REQUEST_MALFORMED where nobody can ever read it, with REGISTRY_UNAVAILABLE where it may be read later.
   */
  decode(kind: MessageKind, value: Uint8Array): string | Promise<string>;
}
