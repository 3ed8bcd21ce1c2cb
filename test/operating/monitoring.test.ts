import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { drivesNode } from '../integration/engine-process.ts';
import { paymentText } from '../integration/http-caller.ts';
import { onWorkbench } from '../integration/workbench.ts';
import { listProjectPaths, readProjectFile } from '../tidy/project-files.ts';
import { rulesetWithViews } from '../views/view-rig.ts';
import { ROOT, textOf } from './compose-model.ts';
import { groupsOf, type MetricPage, missingFrom, parseMetricPage, SCRAPED } from './metric-page.ts';
import { isOfCluster, readAlerts, readPanels, watchedExpressions } from './watched.ts';

const alerts = readAlerts();
const everyPanel = readPanels();
const panels = everyPanel.filter(({ type }) => type !== 'row');
const expressions = watchedExpressions().filter(([, expression]) => !isOfCluster(expression));
const handbook = textOf('docs/operating.md');
const LOOK_MS = 100;
/** Two minutes. */
const LOOKS_MAX = 1_200;

/** What the alerts and panels of every engine read that a page does not have. */
function lackingOn(page: MetricPage): readonly (readonly [string, string[]])[] {
  return expressions
    .map(([name, expression]) => [name, missingFrom(page, expression)] as const)
    .filter(([, missing]) => missing.length > 0);
}

/** The page of an engine with sagas, brokers that are away and a view that has decided, repeated and refused. */
async function pageAfterTraffic(): Promise<MetricPage> {
  let page: MetricPage = new Map();
  await onWorkbench(async (bench) => {
    const responses = join(bench.folder, 'responses.yaml');
    const sandbox = bench.launch(['sandbox', '--port', '0', '--responses', responses]);
    await sandbox.until(/answers at http/);
    const ruleset = join(bench.folder, 'rules.yaml');
    await writeFile(
      ruleset,
      rulesetWithViews('  per_minute: { from: metric, window: tumbling 1m, aggregates: { n: count } }\n'),
    );
    const engine = await bench.serve([
      '--open',
      '--responses',
      responses,
      '--ruleset',
      ruleset,
      '--kafka',
      '127.0.0.1:1',
    ]);
    const caller = bench.call(engine);
    for (const id of ['payment-1', 'payment-2', 'payment-1']) {
      assert.equal((await caller.authorize(paymentText(id))).status, 200);
    }
    assert.equal((await caller.authorize('{}')).status, 400);
    // Views, sagas and what is published are built beside the engine: their series are there once they are.
    for (let looks = 0; looks < LOOKS_MAX && (looks === 0 || lackingOn(page).length > 0); looks++) {
      if (looks > 0) await sleep(LOOK_MS);
      page = parseMetricPage((await caller.get('/metrics')).text);
    }
  });
  return page;
}

describe('what is watched', { skip: drivesNode }, () => {
  let page: MetricPage = new Map();
  before(async () => {
    page = await pageAfterTraffic();
  });

  test('every alert and panel reads what an engine shows', () => {
    assert.ok(expressions.length > 40);
    assert.deepEqual(lackingOn(page), []);
  });

  test('the check tells a metric and a label that are not there', () => {
    const expression = 'sum by (kind, colour) (rate(palisade_sagas_open{shape="x"}[5m])) + palisade_nothing';
    assert.deepEqual(missingFrom(page, expression), ['palisade_nothing', 'palisade_sagas_open{shape}', 'colour']);
  });

  test('every metric of an engine is explained', () => {
    const declared = [...page.keys()].filter((name) => !/_(?:bucket|sum|count)$/.test(name));
    assert.ok(declared.length > 50);
    for (const name of declared) assert.ok(handbook.includes(`\`${name}\``), `docs/operating.md lacks ${name}`);
  });

  test('every metric that is explained is one that the engine has', () => {
    const sources = listProjectPaths().filter((path) => path.startsWith('src/') && path.endsWith('.ts'));
    const text = sources.map(readProjectFile).join('\n');
    const named = new Set([...handbook.matchAll(/`((?:palisade|process)_[a-z_]+)`/g)].map((match) => match[1] ?? ''));
    for (const name of named) assert.ok(text.includes(`'${name}'`), `there is no ${name}`);
  });
});

describe('alerts', () => {
  test('each has a severity, tells what is wrong, and is explained', () => {
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      assert.ok(['page', 'ticket'].includes(labels.severity), alert);
      assert.ok(annotations.summary.length > 20, alert);
      assert.ok(handbook.includes(`\`${alert}\``), `docs/operating.md lacks ${alert}`);
    }
  });

  test('promtool takes them and the configuration', async (context) => {
    const run = promisify(execFile);
    try {
      await run('promtool', ['--version']);
    } catch {
      context.skip('promtool of Prometheus is not on this machine');
      return;
    }
    await run('promtool', ['check', 'rules', join(ROOT, 'operating/alerts.yml')]);
    await run('promtool', ['check', 'config', '--syntax-only', join(ROOT, 'operating/prometheus.yml')]);
  });
});

test('every panel names its lines by labels that its lines have', () => {
  for (const { title, targets = [] } of panels) {
    assert.ok(targets.length > 0, title);
    for (const { expr, legendFormat } of targets) {
      const groups = groupsOf(expr);
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(groups.length === 0 ? SCRAPED.includes(label) : groups.includes(label), `${title}: ${label}`);
      }
    }
  }
});

test('the dashboard lays no panel over another, and reads the source that is provisioned', () => {
  assert.equal(new Set(everyPanel.map(({ id }) => id)).size, everyPanel.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of everyPanel) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x} ${y}`), `${title} lies over another`);
        taken.add(`${x} ${y}`);
      }
    }
  }
  const source = parseYaml(textOf('operating/grafana/provisioning/datasources/prometheus.yml')).datasources[0];
  for (const { title, datasource } of panels) assert.equal(datasource?.uid, source.uid, title);
  const provider = parseYaml(textOf('operating/grafana/provisioning/dashboards/files.yml')).providers[0];
  assert.ok(textOf('docker-compose.yml').includes(`./operating/grafana/dashboards:${provider.options.path}:ro`));
});
