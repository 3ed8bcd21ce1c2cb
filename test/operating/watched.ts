import { parse as parseYaml } from 'yaml';
import { textOf } from './compose-model.ts';

/** An alert of operating/alerts.yml. */
export type Alert = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
};

/** A panel of the dashboard, or the title of a row of them. */
export type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
};

type Rules = { readonly groups: readonly { readonly rules: readonly Alert[] }[] };

/** Every alert. */
export function readAlerts(): readonly Alert[] {
  const rules: Rules = parseYaml(textOf('operating/alerts.yml'));
  return rules.groups.flatMap((group) => group.rules);
}

/** Every panel and row of the dashboard. */
export function readPanels(): readonly Panel[] {
  const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(
    textOf('operating/grafana/dashboards/palisade.json'),
  );
  return dashboard.panels;
}

/** Every expression of alerts and dashboard, under the name that it is known by. */
export function watchedExpressions(): readonly (readonly [string, string])[] {
  return [
    ...readAlerts().map(({ alert, expr }) => [alert, expr] as const),
    ...readPanels().flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ];
}

/** Whether only the nodes of a cluster have what an expression reads. */
export function isOfCluster(expression: string): boolean {
  return expression.includes('palisade_cluster_');
}
