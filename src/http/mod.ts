export type { AdmissionLimits } from './admission.ts';
export { KeyRing } from './key-ring.ts';
export { createKey, formatKeyFile, type KeyEntry, parseKeyFile, SCOPES, type Scope } from './keys.ts';
export { defaultHttpLimits, type HttpLimits } from './limits.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
