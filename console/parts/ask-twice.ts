import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** A button that asks whether one is sure before it does anything; the question takes the focus. */
export function AskTwice({
  words,
  question,
  yes,
  isPrimary = false,
  isDisabled = false,
  act,
}: {
  words: string;
  question: string;
  yes: string;
  isPrimary?: boolean;
  isDisabled?: boolean;
  act: () => void;
}): VNode {
  const [isAsking, setAsking] = useState(false);
  const sure = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isAsking) sure.current?.focus();
  }, [isAsking]);
  if (!isAsking) {
    return html`<button
      type="button" class=${isPrimary ? 'primary' : ''} disabled=${isDisabled} onClick=${() => setAsking(true)}
    >${words}</button>`;
  }
  const decide = (isSure: boolean): void => {
    setAsking(false);
    if (isSure) act();
  };
  return html`<span class="row asking">
    <span role="alert">${question}</span>
    <button ref=${sure} type="button" class="primary" onClick=${() => decide(true)}>${yes}</button>
    <button type="button" onClick=${() => decide(false)}>No</button>
  </span>`;
}
