import { readFileSync } from 'node:fs';
import { PalisadeError } from '../domain/errors.ts';

/** Version of the package, as `package.json` has it. Throws CONFIG_INVALID where that has none. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new PalisadeError(
    'CONFIG_INVALID',
    'Cannot tell the version as package.json has none. Install the package again.',
  );
}
