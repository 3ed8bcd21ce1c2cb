export type { AdmissionLimits } from './admission.ts';
export { defaultHttpLimits, type HttpLimits } from './http-limits.ts';
export { KeyRing } from './key-ring.ts';
export { createKey, formatKeyFile, type KeyEntry, parseKeyFile, SCOPES, type Scope } from './keys.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
