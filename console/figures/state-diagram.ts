import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { StateMachine } from '../model/state-machine.ts';
import { titleText } from '../model/wording.ts';
import { BOX_HEIGHT, BOX_WIDTH, layOut } from './state-layout.ts';

/** A statechart with the present state marked; scrolls sideways where there is no room for it. */
export function StateDiagram({ machine, name }: { machine: StateMachine; name: string }): VNode {
  const box = useRef<HTMLDivElement>(null);
  const { width, height, lineY, states, moves } = layOut(machine);
  const currentX = states.find(({ isCurrent }) => isCurrent)?.x ?? 0;
  useEffect(() => {
    const element = box.current;
    if (element !== null) element.scrollLeft = currentX + BOX_WIDTH / 2 - element.clientWidth / 2;
  }, [currentX]);
  const words = machine.moves.map(({ from, on, to }) => `${from} to ${to} on ${on}`).join('; ');
  return html`<div class="scroll diagram" ref=${box} tabindex="0" role="region" aria-label=${`Statechart of ${name}`}>
    <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img"
      aria-label=${`${name} is ${machine.current}. Moves: ${words}`}>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
          orient="auto-start-reverse">
          <path d="M0,0L8,4L0,8Z" class="arrow" />
        </marker>
      </defs>
      ${moves.map(({ key, path }) => html`<path key=${key} class="move" d=${path} marker-end="url(#arrow)" />`)}
      ${moves.map(
        ({ key, label, x, y }) =>
          html`<text key=${key} class="move-label" x=${x} y=${y} text-anchor="middle">${label}</text>`,
      )}
      ${states.map(
        ({ name: state, x, isCurrent, isEnd }) => html`<g key=${state} class=${isCurrent ? 'state current' : 'state'}>
          <rect x=${x} y=${lineY - BOX_HEIGHT / 2} width=${BOX_WIDTH} height=${BOX_HEIGHT} rx="8" />
          ${
            isEnd &&
            html`<rect class="end" x=${x + 3} y=${lineY - BOX_HEIGHT / 2 + 3} width=${BOX_WIDTH - 6}
            height=${BOX_HEIGHT - 6} rx="6" />`
          }
          <text x=${x + BOX_WIDTH / 2} y=${lineY + 5} text-anchor="middle">${titleText(state)}</text>
        </g>`,
      )}
    </svg>
  </div>`;
}
