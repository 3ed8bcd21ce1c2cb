export { createPlainDecoder, createRegistryDecoder } from './message-decoders.ts';
export { READER_SCHEMAS } from './reader-schemas.ts';
export { RegistryClient, type RegistryOptions } from './registry-client.ts';
