import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Bounds, isoOfInput, localText, RANGES, type RangeName } from '../model/times.ts';
import { titleText } from '../model/wording.ts';
import { after } from '../platform.ts';

const TYPING_MS = 250;

/** A field for words to search for; tells them when the viewer pauses. */
export function SearchField({ value, onSearch }: { value: string; onSearch: (text: string) => void }): VNode {
  const [text, setText] = useState(value);
  const cancel = useRef(() => {});
  useEffect(() => setText(value), [value]);
  const type = (event: Event): void => {
    if (!(event.target instanceof HTMLInputElement)) return;
    const words = event.target.value;
    setText(words);
    cancel.current();
    cancel.current = after(TYPING_MS, () => onSearch(words.trim()));
  };
  return html`<label class="search">
    <span class="hidden">Search</span>
    <input type="search" value=${text} onInput=${type} placeholder="Search ids, reasons, rules  ( / )"
      maxlength="200" />
  </label>`;
}

const RANGE_WORDS: Readonly<Record<RangeName, string>> = {
  '10m': '10 m',
  '1h': '1 h',
  '24h': '24 h',
  all: 'All',
  custom: 'Custom',
};

/** Chooses a time range; a custom one with two fields in the viewer's zone. */
export function RangePicker({
  range,
  custom,
  onChange,
}: {
  range: RangeName;
  custom: Bounds;
  onChange: (range: RangeName, custom: Bounds) => void;
}): VNode {
  const field = (name: 'from' | 'to', words: string): VNode => html`<label>
    ${words}
    <input
      type="datetime-local" step="1" value=${inputOf(custom[name])}
      onChange=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) {
          onChange('custom', { ...custom, [name]: isoOfInput(event.target.value) });
        }
      }}
    />
  </label>`;
  return html`<fieldset class="choice">
    <legend class="hidden">Time range</legend>
    ${RANGES.map(
      (name) => html`<label key=${name} class="chip">
        <input type="radio" name="range" checked=${name === range} onChange=${() => onChange(name, custom)} />
        <span>${RANGE_WORDS[name]}</span>
      </label>`,
    )}
    ${range === 'custom' && html`<span class="row custom">${field('from', 'From')}${field('to', 'To')}</span>`}
  </fieldset>`;
}

function inputOf(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const shifted = ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 19);
}

/** Switches for what a list shows; none on is as good as all. */
export function Toggles({
  legend,
  names,
  chosen,
  onChange,
}: {
  legend: string;
  names: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}): VNode {
  const toggle = (name: string): void =>
    onChange(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  return html`<fieldset class="choice">
    <legend>${legend}</legend>
    ${names.map(
      (name) => html`<label key=${name} class=${`chip tone-${name}`}>
        <input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} />
        <span>${titleText(name)}</span>
      </label>`,
    )}
  </fieldset>`;
}

/** One of several, such as an order. */
export function Choice({
  label,
  names,
  value,
  onChange,
}: {
  label: string;
  names: Readonly<Record<string, string>>;
  value: string;
  onChange: (value: string) => void;
}): VNode {
  const change = (event: Event): void => {
    if (event.target instanceof HTMLSelectElement) onChange(event.target.value);
  };
  return html`<label class="select">
    ${label}
    <select value=${value} onChange=${change}>
      ${Object.entries(names).map(
        ([name, words]) => html`<option key=${name} value=${name} selected=${name === value}>${words}</option>`,
      )}
    </select>
  </label>`;
}

/** Goes from page to page of a list that has cursors: back is what was there before. */
export function Pager({
  page,
  hasNext,
  onPage,
}: {
  page: number;
  hasNext: boolean;
  onPage: (page: number) => void;
}): VNode {
  return html`<nav class="pager row" aria-label="Pages of the list">
    <button type="button" data-key="p" disabled=${page === 0} onClick=${() => onPage(page - 1)}>Back</button>
    <span>Page ${page + 1}</span>
    <button type="button" data-key="n" disabled=${!hasNext} onClick=${() => onPage(page + 1)}>Next</button>
  </nav>`;
}

/** Says that ranges end with the newest event, where that is old. */
export function RangeNote({ isStale, endMs }: { isStale: boolean; endMs: number }): VNode | null {
  if (!isStale) return null;
  const end = new Date(endMs).toISOString();
  return html`<p class="hint">Time ranges end with the newest event, ${localText(end)}: nothing newer is there.</p>`;
}
