import { readFile } from 'node:fs/promises';

const DEFAULT_RULESET = new URL('../../rulesets/default.yaml', import.meta.url);

/** Features beside those of the default ruleset, which has sliding windows alone. */
const EVERY_WINDOW = `
  account.rig_tumbling: { aggregate: count, window: tumbling 10m }
  account.rig_tumbling_max: { aggregate: max(event.amount), window: tumbling 1h }
  account.rig_hopping: { aggregate: sum(event.amount), window: hopping 30m every 1m }
  account.rig_hopping_countries: { aggregate: distinct(event.country), window: hopping 10m every 3m }
  account.rig_session: { aggregate: count, window: session 5m }
  account.rig_whole: { aggregate: sum(event.amount), window: unbounded }
  account.rig_logins: { on: login, aggregate: count, window: sliding 10m }
  account.rig_login_hours: { on: login, aggregate: count, window: tumbling 1h }
  device.rig_logins: { on: login, aggregate: count, window: hopping 5m every 30s }
  device.rig_login_session: { on: login, aggregate: count, window: session 20m }
  ip.rig_whole_logins: { on: login, aggregate: count, window: unbounded }
`;

/** Lateness beyond which the ruleset of the cluster leaves an event out of every window, ms. */
export const LATENESS_MS = 3_600_000;

const LATE_EVENTS = `
event_time:
  lateness: ${LATENESS_MS / 60_000}m
  features: { late: side_output }
`;

/** The rig's ruleset, where an event may come too late. */
export async function latenessRuleset(): Promise<string> {
  return `${await rigRuleset()}${LATE_EVENTS}`;
}

/** The default ruleset with features of every kind of window, on payments and on logins. */
export async function rigRuleset(): Promise<string> {
  const text = await readFile(DEFAULT_RULESET, 'utf8');
  return text.replace(/^features:\n/m, `features:${EVERY_WINDOW}`);
}
