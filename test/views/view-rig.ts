import type { Row, ViewSpec } from '../../src/domain/views.ts';
import { NO_TABLES, parseRuleset, viewsByName } from '../../src/rules/mod.ts';
import { compileView, type RowChange, type StoredPane, ViewOperator, Watermark } from '../../src/views/mod.ts';

/** The YAML of a ruleset with these views and rules on them. */
export function rulesetWithViews(views: string, rules = '', eventTime = ''): string {
  return [
    'name: views',
    'currency: { base: EUR, rates: { USD: 0.5 } }',
    eventTime,
    'views:',
    views,
    'rules:',
    '  - { id: large, when: event.amount > 500, outcome: decline, score: 50, reason: LARGE }',
    rules,
    'policy: { thresholds: { challenge: 80, review: 90, decline: 100 }, fallback: [ { outcome: review } ] }',
    '',
  ].join('\n');
}

/** The views of a ruleset text that has to be valid. */
export function viewsOf(text: string): readonly ViewSpec[] {
  const parsed = parseRuleset(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ruleset.views;
}

export type RigEvent = { readonly id: string; readonly atMs: number; readonly row: Row; readonly producer?: string };

/** One view over events given by hand, with its rows and panes in plain maps. */
export class ViewRig {
  readonly rows = new Map<string, { row: Row; atMs: number }>();
  readonly panes = new Map<string, StoredPane>();
  readonly changes: RowChange[] = [];
  late = 0;
  dropped = 0;
  readonly #spec: ViewSpec;
  readonly #views: readonly ViewSpec[];
  readonly #amountDecimals: number;
  #watermark: Watermark;
  #operator: ViewOperator;

  constructor(spec: ViewSpec, views: readonly ViewSpec[] = [spec], amountDecimals = 2) {
    this.#spec = spec;
    this.#views = views;
    this.#amountDecimals = amountDecimals;
    this.#watermark = new Watermark(spec.time, null);
    this.#operator = this.#open();
  }

  get watermarkMs(): number {
    return this.#watermark.watermarkMs;
  }

  take({ id, atMs, row, producer }: RigEvent): void {
    this.#operator.take([{ row, moment: { atMs, id }, sign: 1 }]);
    this.#watermark.take(producer ?? '', atMs, atMs);
    this.#operator.advance(this.#watermark.watermarkMs);
  }

  takeBack({ id, atMs, row }: RigEvent): void {
    this.#operator.take([{ row, moment: { atMs, id }, sign: -1 }]);
  }

  flush(): void {
    this.#operator.flush(
      (pane) => this.panes.set(`${pane.group} ${pane.startMs}`, pane),
      (group, startMs) => this.panes.delete(`${group} ${startMs}`),
    );
  }

  /** Goes on as after a restart: with what was flushed, and nothing else. */
  restart(): void {
    this.flush();
    this.#watermark = new Watermark(this.#spec.time, this.#watermark.encode());
    this.#operator = this.#open();
  }

  /** Everything that the view holds, in one order: equal states have equal texts. */
  state(): string {
    this.flush();
    const rows = [...this.rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([id, { row }]) => [id, row]);
    const panes = [...this.panes].sort(([left], [right]) => (left < right ? -1 : 1));
    return JSON.stringify([rows, panes]);
  }

  #open(): ViewOperator {
    const view = compileView(
      this.#spec,
      { views: viewsByName(this.#views), tables: [] },
      NO_TABLES,
      this.#amountDecimals,
    );
    const store = {
      panesOf: (group: string) => [...this.panes.values()].filter((pane) => pane.group === group),
      allPanes: () => [...this.panes.values()],
      shownRow: (rowId: string) => this.rows.get(rowId) ?? null,
    };
    const listener = {
      changed: (change: RowChange) => {
        this.changes.push(change);
        if (change.after === null) this.rows.delete(change.rowId);
        else this.rows.set(change.rowId, { row: change.after, atMs: change.afterMs });
      },
      late: (_event: unknown, _closed: number, isDropped: boolean) => {
        this.late += 1;
        if (isDropped) this.dropped += 1;
      },
    };
    return new ViewOperator(view, store, listener, this.#watermark.watermarkMs);
  }
}
