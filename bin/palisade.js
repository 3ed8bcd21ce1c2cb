#!/usr/bin/env node
// Starts the engine on the Node 24 that the npm package `node` brings, whatever Node runs this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;

/** Path of a Node binary that runs TypeScript as it stands, or null where there is none. */
function findNode() {
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of createRequire(import.meta.url).resolve.paths('node-package') ?? []) {
    const candidate = join(folder, 'node', 'bin', binary);
    if (existsSync(candidate)) return candidate;
  }
  return Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN ? process.execPath : null;
}

const node = findNode();
if (node === null) {
  console.error(
    `Cannot start palisade as it needs Node ${NODE_MAJOR_MIN} or newer: this is ${process.versions.node}. ` +
      'Run `npm install` in the palisade folder, which brings it.',
  );
  process.exit(1);
}

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts');
const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the child as well; a second one would read as "stop at once".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}

child.on('error', (error) => {
  console.error(`Cannot start palisade as ${node} does not run: ${error.message}. Run \`npm install\` again.`);
  process.exitCode = 1;
});

child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
});
