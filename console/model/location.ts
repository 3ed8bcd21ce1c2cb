import { signal } from '@preact/signals';
import { type PageName, parseRoute, type Route } from './address.ts';

/** Where the viewer is. */
export const route = signal<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

/** Goes to an address of the console. */
export function goTo(href: string): void {
  location.hash = href;
}

/** Changes what the page was asked with, without another entry in the history of the browser. */
export function replaceQuery(href: string): void {
  history.replaceState(null, '', href);
  route.value = parseRoute(location.hash);
}

/** Names of the pages for people. */
export const PAGE_TITLES: Readonly<Record<PageName, string>> = {
  live: 'Live',
  alerts: 'Alerts',
  cases: 'Cases',
  suppressions: 'Suppressions',
  decisions: 'Decisions',
  decision: 'Decision',
  entity: 'Entity',
  sagas: 'Sagas',
  rules: 'Rules',
  sql: 'SQL',
};
