import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../model/address.ts';
import { type EntityLink, type Kind, type LinkNode, type LinksAnswer, readLinks } from '../model/endpoints.ts';
import { useLoaded } from '../model/loaded.ts';
import { compactText, shortText } from '../model/wording.ts';
import { Moment, SomeEntity, Tag } from '../parts/marks.ts';
import { Await, Empty } from '../parts/notices.ts';
import { layOutLinks, type PlacedNode } from './link-layout.ts';

const NODES_MAX = 80;
/** Rings with more than these show names on hover only. */
const NAMED_MAX = 26;
const NAME_LENGTH = 18;

/** Who shares what with an entity: as a picture and as a list. */
export function LinkGraph({ kind, id }: { kind: Kind; id: string }): VNode {
  const [depth, setDepth] = useState(1);
  const loaded = useLoaded(`${kind} ${id} ${depth}`, (signal) =>
    readLinks(kind, id, { depth, nodes: NODES_MAX }, signal),
  );
  return html`<section class="panel">
    <div class="row spread">
      <h2>Links</h2>
      <fieldset class="choice">
        <legend class="hidden">How many links away</legend>
        ${[1, 2, 3].map(
          (each) => html`<label class="chip" key=${each}>
            <input type="radio" name="depth" checked=${each === depth} onChange=${() => setDepth(each)} />
            <span>${each === 1 ? '1 link' : `${each} links`}</span>
          </label>`,
        )}
      </fieldset>
    </div>
    <${Await} of=${loaded} what="links" show=${(answer: LinksAnswer) =>
      answer.nodes.length < 2
        ? html`<${Empty} title="No link yet"><p>Links come from decisions and logins that name two entities.</p><//>`
        : html`<${Picture} ...${answer} /><${LinkList} ...${answer} />`} />
  </section>`;
}

function Picture({ nodes, links, truncated }: LinksAnswer): VNode {
  const drawing = layOutLinks(nodes, links);
  const half = drawing.radius + 45;
  const wide = drawing.radius + 150;
  const isNamed = (node: LinkNode): boolean => nodes.filter(({ depth }) => depth === node.depth).length <= NAMED_MAX;
  return html`
    ${truncated && html`<p class="hint">There are more than these ${nodes.length}: the nearest are shown.</p>`}
    <svg class="links" viewBox=${`${-wide} ${-half} ${2 * wide} ${2 * half}`} role="group" aria-label="Graph of links">
      ${drawing.links.map(
        ({ left, right, x1, y1, x2, y2 }) => html`<line
          key=${`${left.kind} ${left.id} ${right.kind} ${right.id}`} x1=${x1} y1=${y1} x2=${x2} y2=${y2}
        />`,
      )}
      ${drawing.nodes.map(({ x, y, ...node }) => {
        const { kind, id, depth, declined, fraudLabels, decisions } = node;
        const name = shortText(id, NAME_LENGTH);
        const full = name === id ? '' : ` ${id}`;
        const counts = `${decisions} decisions, ${declined} declined, ${fraudLabels} labelled fraud`;
        const says = `${name} (${kind}${full}): ${counts}`;
        const tone = fraudLabels > 0 ? 'bad' : declined > 0 ? 'warm' : '';
        return html`<a key=${`${kind} ${id}`} href=${hrefOf('entity', [kind, id])} class=${tone}>
          <title>${says}</title>
          <circle cx=${x} cy=${y} r=${depth === 0 ? 22 : 13} class=${`node ${kind}`} />
          <text class="letter" aria-hidden="true" x=${x} y=${y + 4} text-anchor="middle">
            ${kind.charAt(0).toUpperCase()}
          </text>
          ${isNamed(node) && html`<${NodeName} node=${{ ...node, x, y }} />`}
        </a>`;
      })}
    </svg>
    <p class="hint">C card, A account, D device, M merchant, I address. Red: labelled fraud; amber: some declined.</p>`;
}

/** The name of an entity outside of its ring, where it meets no other. */
function NodeName({ node: { x, y, depth, id } }: { node: PlacedNode }): VNode {
  const side = depth === 0 ? 0 : x / Math.hypot(x, y);
  const [anchor, dx] = side > 0.2 ? ['start', 19] : side < -0.2 ? ['end', -19] : ['middle', 0];
  const dy = dx !== 0 ? 4 : depth === 0 ? 38 : y < 0 ? -20 : 29;
  return html`<text x=${x + dx} y=${y + dy} text-anchor=${anchor}>${shortText(id, NAME_LENGTH)}</text>`;
}

function LinkList({ nodes, links }: { nodes: readonly LinkNode[]; links: readonly EntityLink[] }): VNode {
  const byName = new Map(nodes.map((node) => [`${node.kind} ${node.id}`, node]));
  const declined = ({ kind, id }: EntityLink['left']): VNode => {
    const node = byName.get(`${kind} ${id}`);
    return html`<span>
      <${SomeEntity} kind=${kind} id=${id} />
      ${
        (node?.declined ?? 0) > 0 &&
        html` <${Tag} text=${`${compactText(node?.declined ?? 0)} declined`}
        tone="warm" />`
      }
      ${(node?.fraudLabels ?? 0) > 0 && html` <${Tag} text="fraud" />`}
    </span>`;
  };
  return html`<details>
    <summary>${links.length} links as a list</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Links"><table>
      <thead><tr><th>One</th><th>Other</th><th>Since</th><th>Last day</th></tr></thead>
      <tbody>
        ${links.map(
          (link) => html`<tr key=${`${link.left.kind} ${link.left.id} ${link.right.kind} ${link.right.id}`}>
            <td>${declined(link.left)}</td><td>${declined(link.right)}</td>
            <td><${Moment} at=${link.since} /></td><td>${link.lastDay.slice(0, 10)}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
  </details>`;
}
