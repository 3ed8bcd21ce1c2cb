import { ENTITY_KINDS, type StreamName, streamOf } from '../../src/domain/entities.ts';
import type { EntityReport } from '../../src/ports/engine.ts';
import { hold } from './invariant-violation.ts';
import { POPULATION } from './random-traffic.ts';
import { type RulesetVariant, variantOf } from './ruleset-variants.ts';
import type { SimulatedWorld } from './simulated-world.ts';

async function awaited<Answer>(world: SimulatedWorld, promise: Promise<Answer>): Promise<Answer> {
  await world.deliverAll();
  return promise;
}

async function reportsOf(world: SimulatedWorld): Promise<Map<StreamName, EntityReport | null>> {
  const reports = new Map<StreamName, EntityReport | null>();
  for (const kind of ENTITY_KINDS) {
    for (const id of POPULATION[kind]) {
      const stream = streamOf(kind, id);
      const report = await awaited(world, world.engine.readEntity(kind, id));
      world.freezes.shown(stream, report, world.freezes.dueRevision(stream));
      reports.set(stream, report);
    }
  }
  return reports;
}

function isSameReport(left: EntityReport | null, right: EntityReport | null): boolean {
  return JSON.stringify({ ...left, resident: false }) === JSON.stringify({ ...right, resident: false });
}

function checkReport(world: SimulatedWorld, stream: StreamName, report: EntityReport, variant: RulesetVariant): void {
  for (const [name, value] of world.auditor.standingWindows(stream, report.kind, variant)) {
    const actual = report.windows[name] ?? Number.NaN;
    const isClose = Math.abs(actual - value) <= 1e-9 * Math.max(1, Math.abs(value));
    hold('I2', isClose, () => `${stream} shows ${name} ${actual}, the oracle ${value}`);
  }
}

async function checkFound(world: SimulatedWorld): Promise<void> {
  for (const { told, transactionId } of world.ledger.entries.values()) {
    if (told === null || !world.random.chance(0.3)) continue;
    const found = await awaited(world, world.engine.findDecision(transactionId));
    hold('I1', found === told.body, () => `${transactionId} is found as ${found}, not as ${told.body}`);
  }
}

/**
 * What holds once nothing is under way: what clients were told is what the log has, every stream folds to one state,
 * and a fresh engine on the same log shows the same entities and finds the same decisions (I1, I2, I4, I5, I6).
 */
export async function checkSettled(world: SimulatedWorld): Promise<void> {
  const { auditor, ledger, registry } = world;
  ledger.checkSettled();
  registry.checkSettled(world.engine);
  const variant = variantOf(world.engine.ruleset().version);
  auditor.checkFolds(variant);
  const live = await reportsOf(world);
  await world.crash();
  for (const [stream, report] of await reportsOf(world)) {
    const before = live.get(stream) ?? null;
    // Only a writer beside the engine can have gone on where the engine has not looked.
    const isBehind = world.counts.rivals > 0 && (before?.revision ?? -1) < (report?.revision ?? -1);
    hold('I5', isBehind || isSameReport(before, report), () => `${stream} reads otherwise after a restart`);
    const head = (auditor.streams.get(stream)?.length ?? 0) - 1;
    hold('I4', (report?.revision ?? -1) === head, () => `${stream} reads revision ${report?.revision}, not ${head}`);
    if (report !== null) checkReport(world, stream, report, variant);
  }
  await checkFound(world);
}
