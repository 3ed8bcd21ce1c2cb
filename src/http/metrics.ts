import process from 'node:process';
import { Counter, Gauge, Registry } from 'prom-client';
import { MODES, type Mode, OUTCOMES, type Outcome } from '../domain/decision.ts';
import { ACTOR_KINDS } from '../domain/entities.ts';
import type { BusWatch } from '../ports/bus-report.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Engine, EngineStatistics } from '../ports/engine.ts';
import type { Projections } from '../ports/projections.ts';
import type { Sagas } from '../ports/saga-door.ts';
import { registerBus } from './bus-metrics.ts';
import { registerCluster } from './cluster-metrics.ts';
import { registerLateEvents } from './late-event-metrics.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { registerProjections } from './projection-metrics.ts';
import { registerSagas } from './saga-metrics.ts';

/** Why a request was turned away unread. */
export const SHED_REASONS = ['queue_delay', 'in_flight'] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

/** What one route has answered: counts by status, and how long it took. */
export class RouteMetrics {
  readonly route: string;
  readonly method: string;
  readonly statuses = new Map<number, number>();
  readonly latency = new LatencyHistogram();

  constructor(route: string, method: string) {
    this.route = route;
    this.method = method;
  }

  /** Counts one answer. No allocation but for the first of a status. */
  count(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  /** Counts one answer and how long it took. */
  observe(status: number, seconds: number): void {
    this.count(status);
    this.latency.observe(seconds);
  }
}

/** Counters of the engine by the name that they are shown under. */
const ENGINE_COUNTERS: readonly (readonly [string, string, (statistics: EngineStatistics) => number])[] = [
  ['palisade_engine_decisions_total', 'Decisions made', (now) => now.decisions],
  ['palisade_engine_repeats_total', 'Repeats answered with the first answer', (now) => now.repeats],
  ['palisade_engine_rehydrations_total', 'Actors rebuilt from their streams', (now) => now.rehydrations],
  ['palisade_engine_passivations_total', 'Actors put out of memory', (now) => now.passivations],
  ['palisade_engine_conflict_retries_total', 'Commits tried again after a conflict', (now) => now.conflictRetries],
  ['palisade_engine_rule_failures_total', 'Rules that could not be evaluated', (now) => now.ruleFailures],
  ['palisade_engine_fallbacks_total', 'Answers given by the fallback policy', (now) => now.fallbacks],
  [
    'palisade_engine_commands_blocked_seconds_total',
    'Time in which there were too many commands, and others were sent away',
    (now) => now.commandsBlockedMs / 1e3,
  ],
  ['palisade_engine_late_events_total', 'Events older than one that an entity had seen', (now) => now.lateEvents],
];

const ENGINE_GAUGES: readonly (readonly [string, string, (statistics: EngineStatistics) => number])[] = [
  ['palisade_engine_rehydrations_active', 'Rehydrations under way', (now) => now.rehydrationsActive],
  ['palisade_engine_commands', 'Commands without an answer', (now) => now.commands],
  ['palisade_engine_commands_max', 'Commands without an answer that there may be', (now) => now.commandsMax],
  ['palisade_engine_waiting_commands', 'Commands that wait for an actor', (now) => now.waitingCommands],
  ['palisade_engine_pending_commits', 'Records handed to the log and not yet durable', (now) => now.pendingCommits],
  [
    'palisade_engine_oldest_pending_seconds',
    'Age of the oldest unanswered command',
    (now) => now.oldestPendingMs / 1e3,
  ],
  ['palisade_engine_head_position', 'Position of the last record in the log', (now) => now.headPosition],
];

const REQUEST_SECONDS = 'palisade_http_request_duration_seconds';
const LOOP_SECONDS = 'palisade_event_loop_delay_seconds';

/** Live values that belong to the server and not to the engine. */
export type ServerGauges = {
  readonly inFlight: () => number;
  readonly shedShare: () => number;
  readonly ready: () => boolean;
};

/**
 * Everything that `/metrics` shows. Hot counters are plain numbers, turned into text when they are asked for. Labels
 * take their values from fixed sets only (route patterns, statuses, outcomes), so that no client can add a series.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #routes: RouteMetrics[] = [];
  readonly #decisions = new Float64Array(OUTCOMES.length * MODES.length);
  readonly #shed = new Map<ShedReason, number>(SHED_REASONS.map((reason) => [reason, 0]));
  readonly #refusedConnections = new Map<number, number>();
  readonly #loopDelay = new LatencyHistogram();
  #repeats = 0;
  /** Answers to requests that no route took. */
  readonly unrouted = this.route('none', 'any');

  constructor(engine: Engine, gauges: ServerGauges, version: string) {
    this.#registerHttp();
    this.#registerServer(gauges, version);
    this.#registerEngine(engine);
    this.#registerTables(engine);
    this.#registerProcess();
  }

  /** Adds what the projections tell of themselves. Call once. */
  show(projections: Projections): void {
    registerProjections(this.#registry, projections);
  }

  /** Adds what the sagas tell of themselves. Call once. */
  showSagas(sagas: Sagas): void {
    registerSagas(this.#registry, sagas);
  }

  /** Adds what the node knows of its cluster. Call once. */
  showCluster(cluster: Cluster): void {
    registerCluster(this.#registry, cluster);
  }

  /** Adds what a message bus tells of itself. Call once. */
  showBus(bus: BusWatch): void {
    registerBus(this.#registry, bus);
  }

  /** The metrics of one route, to be kept by it. `route` is the pattern, never the path of a request. */
  route(route: string, method: string): RouteMetrics {
    const metrics = new RouteMetrics(route, method);
    this.#routes.push(metrics);
    return metrics;
  }

  /** What the route of authorizations has answered. */
  get authorizations(): RouteMetrics {
    const found = this.#routes.find(({ route, method }) => route === '/v1/authorizations' && method === 'POST');
    return found ?? this.unrouted;
  }

  /** Counts an answered authorization; a repeat is counted as such and not as another decision. */
  decided(outcome: Outcome, mode: Mode, repeated: boolean): void {
    if (repeated) {
      this.#repeats++;
      return;
    }
    const index = OUTCOMES.indexOf(outcome) * MODES.length + MODES.indexOf(mode);
    this.#decisions[index] = (this.#decisions[index] ?? 0) + 1;
  }

  /** Counts a request that was turned away to save the others. */
  shed(reason: ShedReason): void {
    this.#shed.set(reason, (this.#shed.get(reason) ?? 0) + 1);
  }

  /** Counts a connection that was refused before it made a request that could be routed. */
  refusedConnection(status: number): void {
    this.#refusedConnections.set(status, (this.#refusedConnections.get(status) ?? 0) + 1);
  }

  /** Takes one measurement of the event loop's lateness, ms. */
  loopDelay(delayMs: number): void {
    this.#loopDelay.observe(delayMs / 1e3);
  }

  /** Content type of the text that `expose` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The whole page in the text exposition format, version 0.0.4. */
  async expose(): Promise<string> {
    let text = `# HELP ${REQUEST_SECONDS} Time from the headers of a request to its answer\n`;
    text += `# TYPE ${REQUEST_SECONDS} histogram\n`;
    for (const { route, method, latency } of this.#routes) {
      text += latency.expose(REQUEST_SECONDS, `route="${route}",method="${method}"`);
    }
    text += `# HELP ${LOOP_SECONDS} Lateness of a timer on the main thread\n# TYPE ${LOOP_SECONDS} histogram\n`;
    text += this.#loopDelay.expose(LOOP_SECONDS, '');
    return `${await this.#registry.metrics()}\n${text}`;
  }

  #registerHttp(): void {
    const registers = [this.#registry];
    const routes = this.#routes;
    const decisions = this.#decisions;
    new Counter({
      name: 'palisade_http_requests_total',
      help: 'Requests answered, by route and status',
      labelNames: ['route', 'method', 'status'],
      registers,
      collect() {
        this.reset();
        for (const { route, method, statuses } of routes) {
          for (const [status, count] of statuses) this.inc({ route, method, status }, count);
        }
      },
    });
    new Counter({
      name: 'palisade_decisions_total',
      help: 'Authorizations answered for the first time, by outcome and mode',
      labelNames: ['outcome', 'mode'],
      registers,
      collect() {
        this.reset();
        decisions.forEach((count, index) => {
          const outcome = OUTCOMES[Math.floor(index / MODES.length)] ?? '';
          this.inc({ outcome, mode: MODES[index % MODES.length] ?? '' }, count);
        });
      },
    });
    counterOf(registers, 'palisade_authorization_repeats_total', 'Repeated authorizations', () => this.#repeats);
    this.#labelled('palisade_http_shed_total', 'Requests shed, by reason', 'reason', this.#shed);
    const help = 'Connections refused before a request could be read, by status';
    this.#labelled('palisade_http_refused_connections_total', help, 'status', this.#refusedConnections);
  }

  #labelled(name: string, help: string, label: string, counts: ReadonlyMap<string | number, number>): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc({ [label]: value }, count);
      },
    });
  }

  #registerServer(gauges: ServerGauges, version: string): void {
    const registers = [this.#registry];
    gaugeOf(registers, 'palisade_authorizations_in_flight', 'Authorizations under way', gauges.inFlight);
    gaugeOf(registers, 'palisade_http_shed_share', 'Share of requests being shed, 0 to 1', gauges.shedShare);
    gaugeOf(registers, 'palisade_ready', '1 while the server takes traffic', () => (gauges.ready() ? 1 : 0));
    const build = new Gauge({
      name: 'palisade_build_info',
      help: 'Always 1, with the version that runs',
      labelNames: ['version'],
      registers,
    });
    build.set({ version }, 1);
  }

  #registerEngine(engine: Engine): void {
    const registers = [this.#registry];
    for (const [name, help, read] of ENGINE_COUNTERS) {
      counterOf(registers, name, help, () => read(engine.statistics()));
    }
    for (const [name, help, read] of ENGINE_GAUGES) gaugeOf(registers, name, help, () => read(engine.statistics()));
    registerLateEvents(this.#registry, engine);
    new Gauge({
      name: 'palisade_engine_resident_actors',
      help: 'Actors in memory, by kind',
      labelNames: ['kind'],
      registers,
      collect() {
        const { residentActors } = engine.statistics();
        for (const kind of ACTOR_KINDS) {
          const count = residentActors[kind];
          if (count !== undefined) this.set({ kind }, count);
        }
      },
    });
  }

  #registerTables(engine: Engine): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'palisade_table_rows',
      help: 'Keys of a table of reference data that have a row, by table',
      labelNames: ['table'],
      registers,
      collect() {
        this.reset();
        for (const { name, rowCount } of engine.tables()) this.set({ table: name }, rowCount);
      },
    });
    const versions = (): number => engine.tables().reduce((sum, { versionCount }) => sum + versionCount, 0);
    gaugeOf(registers, 'palisade_table_versions', 'Versions of rows of all tables in memory', versions);
  }

  #registerProcess(): void {
    const registers = [this.#registry];
    const cpuSeconds = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    };
    counterOf(registers, 'process_cpu_seconds_total', 'CPU time of the process', cpuSeconds);
    gaugeOf(registers, 'process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage().rss);
    gaugeOf(registers, 'process_heap_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  }
}

function counterOf(registers: Registry[], name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function gaugeOf(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}
