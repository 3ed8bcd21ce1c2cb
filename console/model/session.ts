import { signal } from '@preact/signals';

const KEY_NAME = 'palisade-key';
const THEME_NAME = 'palisade-theme';

/** The API key of this tab, '' without one. It ends with the tab. */
export const apiKey = signal(sessionStorage.getItem(KEY_NAME) ?? '');

/** Why a key is asked for; '' where none is. */
export const keyWanted = signal('');

/** How the page looks: as the viewer's system says, or as chosen. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const theme = signal<Theme>(THEMES.find((name) => name === localStorage.getItem(THEME_NAME)) ?? 'system');

/** Keeps a key for this tab and lets all pages ask again. */
export function useKey(key: string): void {
  if (key === '') sessionStorage.removeItem(KEY_NAME);
  else sessionStorage.setItem(KEY_NAME, key);
  apiKey.value = key;
  keyWanted.value = '';
}

/** Chooses how the page looks, for this browser. */
export function chooseTheme(name: Theme): void {
  localStorage.setItem(THEME_NAME, name);
  theme.value = name;
}
