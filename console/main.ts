import { effect } from '@preact/signals';
import { html } from 'htm/preact';
import { render, type VNode } from 'preact';
import { hrefOf, type PageName } from './model/address.ts';
import { goTo, PAGE_TITLES, route } from './model/location.ts';
import { chooseTheme, THEMES, theme } from './model/session.ts';
import { ShortcutReader } from './model/shortcuts.ts';
import { AlertsPage } from './pages/alerts-page.ts';
import { CasesPage } from './pages/cases-page.ts';
import { DecisionPage } from './pages/decision-page.ts';
import { DecisionsPage } from './pages/decisions-page.ts';
import { EntityPage } from './pages/entity-page.ts';
import { LivePage } from './pages/live-page.ts';
import { RulesPage } from './pages/rules-page.ts';
import { SagasPage } from './pages/sagas-page.ts';
import { SqlPage } from './pages/sql-page.ts';
import { SuppressionsPage } from './pages/suppressions-page.ts';
import { helpOpen, Shell } from './shell.ts';

const PAGES: Readonly<Record<PageName, () => VNode>> = {
  live: LivePage,
  alerts: AlertsPage,
  cases: CasesPage,
  suppressions: SuppressionsPage,
  decisions: DecisionsPage,
  decision: DecisionPage,
  entity: EntityPage,
  sagas: SagasPage,
  rules: RulesPage,
  sql: SqlPage,
};

const GO_KEYS: Readonly<Record<string, PageName>> = {
  'g l': 'live',
  'g a': 'alerts',
  'g c': 'cases',
  'g d': 'decisions',
  'g e': 'entity',
  'g s': 'sagas',
  'g r': 'rules',
  'g q': 'sql',
};

function App(): VNode {
  return html`<${Shell}><${PAGES[route.value.page]} key=${route.value.page} /><//>`;
}

function act(shortcut: string): void {
  const page = GO_KEYS[shortcut];
  if (page !== undefined) goTo(hrefOf(page));
  else if (shortcut === '?') helpOpen.value = true;
  else if (shortcut === 't') chooseTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system');
  else if (shortcut === '/') document.querySelector<HTMLElement>('input[type=search]')?.focus();
  else if (shortcut === 'n' || shortcut === 'p') document.querySelector<HTMLElement>(`[data-key=${shortcut}]`)?.click();
  else if (shortcut === 'j' || shortcut === 'k') moveRow(shortcut === 'j' ? 1 : -1);
}

/** Moves the focus to the first link of the next row, or of the one before. */
function moveRow(step: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('main tbody tr')].flatMap((row) => {
    const link = row.querySelector<HTMLElement>('a, button');
    return link === null ? [] : [link];
  });
  const row = document.activeElement?.closest('tr');
  const now = links.findIndex((link) => link.closest('tr') === row);
  links[now < 0 ? 0 : Math.min(links.length - 1, Math.max(0, now + step))]?.focus();
}

const reader = new ShortcutReader();
addEventListener('keydown', (event) => {
  const { target } = event;
  const isTyping = target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
  if (event.key === 'Escape' && target instanceof HTMLElement && isTyping) target.blur();
  const shortcut = reader.read(event, isTyping);
  if (shortcut === '' || shortcut === 'Enter' || shortcut === 'Esc') return;
  event.preventDefault();
  act(shortcut);
});

effect(() => {
  const { page, parts } = route.value;
  document.title = `${[...parts.slice(-1), PAGE_TITLES[page]].join(' · ')} · Palisade`;
});
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

const root = document.querySelector('#app');
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
