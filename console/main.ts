import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { render, type VNode } from 'preact';
import { hrefOf, type PageName } from './model/address.ts';
import { goTo, PAGE_TITLES, route } from './model/location.ts';
import { chooseTheme, THEMES, theme } from './model/session.ts';
import { ShortcutReader } from './model/shortcuts.ts';
import { Problem } from './parts/notices.ts';
import { helpOpen, Shell } from './shell.ts';

type Page = () => VNode;

/** Each page is fetched when it is first gone to. */
const PAGES: Readonly<Record<PageName, () => Promise<Page>>> = {
  live: async () => (await import('./pages/live-page.ts')).LivePage,
  alerts: async () => (await import('./pages/alerts-page.ts')).AlertsPage,
  cases: async () => (await import('./pages/cases-page.ts')).CasesPage,
  suppressions: async () => (await import('./pages/suppressions-page.ts')).SuppressionsPage,
  decisions: async () => (await import('./pages/decisions-page.ts')).DecisionsPage,
  decision: async () => (await import('./pages/decision-page.ts')).DecisionPage,
  entity: async () => (await import('./pages/entity-page.ts')).EntityPage,
  sagas: async () => (await import('./pages/sagas-page.ts')).SagasPage,
  rules: async () => (await import('./pages/rules-page.ts')).RulesPage,
  sql: async () => (await import('./pages/sql-page.ts')).SqlPage,
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

const fetched = signal<ReadonlyMap<PageName, Page>>(new Map());
const fetchError = signal<Error | null>(null);

/** Fetches a page, unless it is there. */
async function fetchPage(name: PageName): Promise<void> {
  fetchError.value = null;
  if (fetched.peek().has(name)) return;
  try {
    const page = await PAGES[name]();
    fetched.value = new Map(fetched.peek()).set(name, page);
  } catch {
    fetchError.value = new Error('The page could not be fetched: the engine is gone, or is another version. Reload.');
  }
}

function App(): VNode {
  const name = route.value.page;
  const page = fetched.value.get(name);
  const error = fetchError.value;
  if (page !== undefined) return html`<${Shell}><${page} key=${name} /><//>`;
  return html`<${Shell}>${
    error === null
      ? html`<p class="loading" role="status">Loading the page …</p>`
      : html`<${Problem} error=${error} retry=${() => location.reload()} />`
  }<//>`;
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

effect(() => void fetchPage(route.value.page));
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
