import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ERRORS } from '../src/domain/errors.ts';
import { findDisagreements, findErrorGaps, findRanges } from './tidy/agreement.ts';
import { findLongFunctions, findUndocumented } from './tidy/functions.ts';
import { findCycles, findDeadFiles } from './tidy/imports.ts';
import {
  type Finding,
  listProjectPaths,
  readProjectFile,
  type SourceFile,
  toSourceFile,
} from './tidy/project-files.ts';
import { findForbiddenImports, ROOMS } from './tidy/rooms.ts';
import {
  findBannedCalls,
  findDisabledTests,
  findLeftovers,
  findLooseExports,
  findLooseTypes,
  findMachinePlaces,
  findMachineTimers,
  findNameClashes,
  findOtherWords,
  findOversize,
} from './tidy/style.ts';

const FUNCTION_LINES_MAX = 70;
const BINARY = /\.(?:gz|png|ico|woff2?|sqlite)$/;
const ENTRY =
  /^(?:src\/main|bench\/main|console\/main|test\/(?:rig|simulation)\/main)\.ts$|^examples\/|\.test\.ts$|^bin\//;
const DOCUMENTED = /^(?:src|actors|projections|sagas|console)\//;

const paths = listProjectPaths().filter((path) => !BINARY.test(path));
const texts = paths.map((path) => ({ path, text: readProjectFile(path) }));
const sources = texts
  .filter(({ path }) => /\.[tj]s$/.test(path))
  .map(({ path, text }): SourceFile => toSourceFile(path, text));
const documented = sources.filter(({ path }) => DOCUMENTED.test(path));
const isEntry = (path: string): boolean => ENTRY.test(path);

function assertNone(findings: readonly Finding[]): void {
  assert.deepEqual(findings, []);
}

/** Asserts that a check finds each wrong sample and lets each right one pass; without it, it might never find any. */
function assertTells(
  check: (file: SourceFile) => readonly Finding[],
  path: string,
  samples: { readonly wrong: readonly string[]; readonly right: readonly string[] },
): void {
  for (const text of samples.wrong) assert.equal(check(toSourceFile(path, text)).length, 1, `passes: ${text}`);
  for (const text of samples.right) assertNone(check(toSourceFile(path, text)));
}

test('the project has files to check', () => {
  assert.ok(sources.length > 20 && paths.includes('package.json'));
});

describe('rooms', () => {
  test('import only what the table allows', () => assertNone(sources.flatMap(findForbiddenImports)));

  test('the check tells a forbidden import from an allowed one', () => {
    const cases: [string, string, number][] = [
      ['src/domain/a.ts', "import { join } from 'node:path';", 1],
      ['src/domain/a.ts', "import { b } from './b.ts';", 0],
      ['src/domain/a.ts', "import type { Clock } from '../ports/clock.ts';", 1],
      ['src/ports/a.ts', "import { OUTCOMES } from '../domain/decision.ts';", 1],
      ['src/ports/a.ts', "import type { Outcome } from '../domain/decision.ts';", 0],
      ['src/rules/a.ts', "import {\n  parse,\n} from 'yaml';", 0],
      ['src/rules/a.ts', "import { z } from 'zod';", 1],
      ['src/runtime/a.ts', "import { cardActor } from '../../actors/card/card.actor.ts';", 1],
      ['src/runtime/a.ts', "const file = await import('../adapters/sqlite/log.ts');", 1],
      ['src/adapters/sqlite/a.ts', "export { b } from '../memory/b.ts';", 1],
      ['src/adapters/sqlite/a.ts', "new Worker(new URL('./log-worker.ts', import.meta.url));", 0],
      ['src/adapters/sqlite/a.ts', "new Worker(new URL('../memory/b.ts', import.meta.url));", 1],
      ['src/http/a.ts', "import { setTimeout } from 'node:timers/promises';", 1],
      ['actors/card/card.machine.ts', "import { setup } from 'xstate';", 0],
      ['actors/card/card.actor.ts', "import { setup } from 'xstate';", 1],
      ['actors/card/card.actor.ts', "import { deviceActor } from '../device/device.actor.ts';", 1],
      ['sagas/freeze/react.ts', "import { cardActor } from '../../actors/card/card.actor.ts';", 1],
      ['console/a.ts', "import type { Page } from '../src/ports/console.ts';", 0],
      ['console/a.ts', "import { OUTCOMES } from '../src/domain/decision.ts';", 1],
      ['src/cli/a.ts', "import { open } from '../adapters/sqlite/log.ts';", 0],
      ['src/domain/a.ts', "// import { join } from 'node:path';\nconst text = \"import 'zod'\";", 0],
    ];
    for (const [path, text, count] of cases) {
      assert.equal(findForbiddenImports(toSourceFile(path, text)).length, count, `${path}: ${text}`);
    }
  });

  test('every room of the table is a row of ARCHITECTURE.md', () => {
    const page = readProjectFile('ARCHITECTURE.md');
    assertNone(ROOMS.map((room) => room.path).filter((path) => !page.includes(`\`${path}`)));
  });
});

describe('the import graph', () => {
  const ring = [
    toSourceFile('src/a.ts', "import type { B } from './b.ts';"),
    toSourceFile('src/b.ts', "export { C } from './c.ts';"),
    toSourceFile('src/c.ts', "import { A } from './a.ts';"),
    toSourceFile('src/d.ts', "import { A } from './a.ts';"),
  ];

  test('has no cycle', () => assertNone(findCycles(sources)));
  test('the check finds a cycle over three files', () => {
    assert.deepEqual(findCycles(ring), ['src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts']);
    assertNone(findCycles(ring.slice(0, 2)));
  });

  test('reaches every file from an entry point or a test', () => assertNone(findDeadFiles(sources, isEntry)));
  test('the check finds a file that nothing reaches', () => {
    assert.deepEqual(
      findDeadFiles(ring, (path) => path === 'src/a.ts'),
      ['src/d.ts'],
    );
  });
});

describe('size', () => {
  test('files and lines stay within bounds', () => assertNone(sources.flatMap(findOversize)));
  test('the check finds a long file and a wide line', () => {
    assertTells(findOversize, 'src/a.ts', {
      wrong: ['//\n'.repeat(401), 'x'.repeat(121)],
      right: ['//\n'.repeat(400), 'x'.repeat(120)],
    });
  });

  test('functions stay within bounds', () => {
    assertNone(sources.flatMap((file) => findLongFunctions(file, FUNCTION_LINES_MAX)));
  });
  test('the check finds every form of a long function', () => {
    const body = '{\n  f();\n  g();\n}';
    assertTells((file) => findLongFunctions(file, 3), 'src/a.ts', {
      wrong: [
        `function f() ${body}`,
        `export async function f(a: { b: string }): Promise<{ c: number }> ${body}`,
        `function f(): { c: number } | null ${body}`,
        `function f(x: unknown): x is { a: 1 } ${body}`,
        `const f = (a = (b)) => ${body}`,
        `const f = (a: string): Map<string, () => void> => ${body};`,
        `class A { f(): void ${body} }`,
        `list.forEach(({ a }) => ${body});`,
      ],
      right: [
        `if (a) ${body}`,
        `for (const a of f(b)) ${body}`,
        'function f() {\n  g();\n}',
        `const a = (b ? (c) : d);\nconst e = ${body.replaceAll(';', ',')};`,
        `describe('a', () => ${body});`,
        `type A = {\n  f(): void;\n  g(): void;\n};`,
        `// function f() ${body.replaceAll('\n', ' ')}\n\n\n\nconst a = 1;`,
      ],
    });
  });
});

describe('what is banned', () => {
  test('time, randomness and timers come through ports', () => assertNone(sources.flatMap(findBannedCalls)));
  test('the check finds each of the calls', () => {
    assertTells(findBannedCalls, 'src/runtime/a.ts', {
      wrong: [
        'const at = Date.now();',
        'const at = new Date();',
        'const at = Date();',
        'const x = Math.random();',
        'const id = randomUUID();',
        'const at = performance.now();',
        'setTimeout(f, 1);',
        'const wait = setImmediate;',
        'const text = `$' + '{Date.now()}`;',
      ],
      right: [
        'const at = new Date(ms);',
        "const text = 'Date.now()';",
        '// Math.random() is not for here',
        'f(DateTime());',
      ],
    });
    assertNone(findBannedCalls(toSourceFile('src/adapters/system/clock.ts', 'Date.now();')));
  });

  test('types are told, not asserted', () => assertNone(sources.flatMap(findLooseTypes)));
  test('the check finds any, casts, non-null marks and switched-off checks', () => {
    assertTells(findLooseTypes, 'src/runtime/a.ts', {
      wrong: [
        'let a: any;',
        'const a: any = 1;',
        'function f(a: any[]) {}',
        'type A = Map<string, any>;',
        'const a = b as string;',
        'const a = b as { c: number };',
        "const a = b as 'c';",
        'const a = <Card>b;',
        'const a = b!.c;',
        'const a = b[0]! + 1;',
        'f(b!);',
        '// @ts-' + 'ignore',
      ],
      right: [
        "const a = ['b'] as const;",
        "import { a as b, type C as D } from './c.ts';",
        "import * as path from './c.ts';",
        'const a = Promise.any([b]);',
        'const a = { any: 1, as: 2 };',
        'if (a !== b && !c) f(!d);',
        '// as long as any of them is not as it was!',
        "const a = 'as any, b!';",
        'const f = <T>(a: T): T => a;',
        'const a = /as any!/;',
      ],
    });
    assertNone(findLooseTypes(toSourceFile('src/codec/a.ts', 'const a = b as string;')));
  });

  test('exports have names', () => assertNone(sources.flatMap(findLooseExports)));
  test('the check finds nameless exports', () => {
    assertTells(findLooseExports, 'src/a.ts', {
      wrong: ["export * from './b.ts';", 'export default f;', 'export { f as default };'],
      right: ["export { f } from './b.ts';", "const a = 'export default';"],
    });
  });

  test('machines hold no timers', () => assertNone(sources.flatMap(findMachineTimers)));
  test('the check finds a timer in a machine, and only there', () => {
    const samples = ['{ after: { 1000: "b" } }', "{ 'after': { 1000: 'b' } }"];
    assertTells(findMachineTimers, 'actors/card/card.machine.ts', {
      wrong: samples,
      right: ['// after: never', 'f({ hereafter: 1 })'],
    });
    assertTells(findMachineTimers, 'sagas/freeze/react.ts', { wrong: [], right: samples });
  });

  test('tests run, all of them', () => assertNone(sources.flatMap(findDisabledTests)));
  test('the check finds switched-off tests', () => {
    const dot = '.';
    assertTells(findDisabledTests, 'test/a.test.ts', {
      wrong: [`test${dot}only('a', f);`, `describe${dot}skip('a', f);`],
      right: ["test('only', f);", 'list.skip(1);'],
    });
  });
});

describe('words and places', () => {
  test('nothing is left to be done later', () => assertNone(texts.flatMap(findLeftovers)));
  test('one idea has one word', () => {
    assertNone(sources.filter(({ path }) => !path.startsWith('test/tidy')).flatMap(findOtherWords));
  });
  test('no file names a machine or a registry', () => assertNone(texts.flatMap(findMachinePlaces)));
  test('the checks find a leftover, a second word and a place', () => {
    const slash = '/';
    const host = ['registry', 'npmjs', 'org'].join('.');
    assertTells(findLeftovers, 'src/a.ts', { wrong: ['// TO' + 'DO: later'], right: ['// to do: todos'] });
    assertTells(findOtherWords, 'src/a.ts', {
      wrong: ['const grain = 1;', '// hydrates the actor', "import './list-utils.ts';"],
      right: ['// rehydrates the actor', 'const decision = 1;'],
    });
    assertTells(findMachinePlaces, 'README.md', {
      wrong: [`see ${slash}home/ada/x`, `https:${slash}${slash}${host}/a`],
      right: ['see src/home/x', 'GET /v1/network/1', 'a/tmp/b'],
    });
  });

  test('file names are kebab-case and unique', () => {
    assertNone(findNameClashes(sources.map(({ path }) => path)));
  });
  test('the check finds a bad name and a shared one', () => {
    assert.equal(findNameClashes(['src/cardState.ts']).length, 1);
    assert.equal(findNameClashes(['src/a/card.ts', 'src/b/card.ts']).length, 1);
    assertNone(findNameClashes(['src/a/mod.ts', 'src/b/mod.ts', 'src/a/card.ts', 'src/a/card.test.ts']));
  });
});

describe('what is written twice agrees', () => {
  const packageJson = JSON.parse(readProjectFile('package.json'));
  const denoJson = JSON.parse(readProjectFile('deno.json'));

  test('package.json and deno.json start the same', () => assertNone(findDisagreements(packageJson, denoJson)));
  test('the check finds another version, another file and a missing command', () => {
    const other = { ...denoJson, version: '9.9.9', tasks: { ...denoJson.tasks, demo: 'deno run -A src/other.ts' } };
    assert.equal(findDisagreements(packageJson, other).length, 2);
    assert.equal(findDisagreements(packageJson, { ...denoJson, tasks: {} }).length, 5);
  });

  test('every dependency is pinned', () => {
    assertNone(findRanges({ ...packageJson.dependencies, ...packageJson.devDependencies }));
    assert.equal(findRanges({ a: '^1.0.0', b: '1.0.0', c: 'latest', d: '1.x' }).length, 3);
  });

  test('every error code has its section in docs/errors.md, and no other', () => {
    assertNone(findErrorGaps(ERRORS, readProjectFile('docs/errors.md')));
  });
  test('the check finds a missing, a changed and a surplus section', () => {
    const table = { A_B: { status: 400, retry: 'never' } };
    const section = '### `A_B`\n\n**HTTP 400, retry: never.** Mend it.\n';
    assertNone(findErrorGaps(table, section));
    assert.equal(findErrorGaps(table, '').length, 1);
    assert.equal(findErrorGaps(table, section.replace('400', '409')).length, 1);
    assert.equal(findErrorGaps(table, `${section}\n### \`C_D\`\n`).length, 1);
  });

  test('exported functions say what they do', () => assertNone(documented.flatMap(findUndocumented)));
  test('the check finds functions without a docstring', () => {
    assertTells(findUndocumented, 'src/a.ts', {
      wrong: [
        'export function f() {}',
        '// what f does\nexport async function f() {}',
        'export const f = (a: string): string => a;',
      ],
      right: [
        '/** Does it. */\nexport function f() {}',
        '/** Both do it. */\nexport const f = () => 1;\nexport const g = () => 2;',
        'function f() {}',
        'export const A = 1;',
        'export type F = () => void;',
      ],
    });
  });
});
