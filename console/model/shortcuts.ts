/** A key, or two one after the other, and what they are for. */
export type Shortcut = { readonly keys: string; readonly says: string };

/** Shortcuts that hold on every page. Two keys are pressed one after the other. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'g l', says: 'Go to Live' },
  { keys: 'g a', says: 'Go to Alerts' },
  { keys: 'g c', says: 'Go to Cases' },
  { keys: 'g d', says: 'Go to Decisions' },
  { keys: 'g e', says: 'Go to Entity' },
  { keys: 'g s', says: 'Go to Sagas' },
  { keys: 'g r', says: 'Go to Rules' },
  { keys: 'g q', says: 'Go to SQL' },
  { keys: '/', says: 'Search on this page' },
  { keys: 'j', says: 'Next row of a list' },
  { keys: 'k', says: 'Row before' },
  { keys: 'Enter', says: 'Open the row that has the focus' },
  { keys: 'n', says: 'Next page of a list' },
  { keys: 'p', says: 'Page before' },
  { keys: 't', says: 'Light, dark, or as the system says' },
  { keys: '?', says: 'This help' },
  { keys: 'Esc', says: 'Close what is open, leave a field' },
];

/** What a key press is, apart from where it goes. */
export type KeyPress = {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
};

/**
 * Reads key presses into shortcuts: `g` waits for a second key. Keys with Ctrl, Alt or Meta belong to the browser, and
 * those in a field to the field.
 */
export class ShortcutReader {
  #first = '';

  /** The shortcut that a press completes; '' where it completes none. */
  read({ key, ctrlKey, metaKey, altKey }: KeyPress, isTyping: boolean): string {
    if (ctrlKey || metaKey || altKey || isTyping) {
      this.#first = '';
      return '';
    }
    const whole = this.#first === '' ? key : `${this.#first} ${key}`;
    this.#first = '';
    if (SHORTCUTS.some(({ keys }) => keys === whole)) return whole;
    if (SHORTCUTS.some(({ keys }) => keys.startsWith(`${key} `))) this.#first = key;
    return '';
  }
}
