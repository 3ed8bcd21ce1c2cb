import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';

/** A service of docker-compose.yml, as far as the tests read it, with what it takes over from anchors. */
export type ComposeService = {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: { readonly default?: { readonly aliases?: readonly string[] } };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly interval?: string; readonly timeout?: string };
};

export type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

/** Folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Text of a file of the project. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

/** docker-compose.yml with its anchors resolved. */
export function readCompose(): ComposeFile {
  return parseYaml(textOf('docker-compose.yml'), { merge: true });
}

/** What the Dockerfile copies into the image. */
export function copiedPaths(): readonly string[] {
  return [...textOf('Dockerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '));
}
