import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { LinkGraph } from '../figures/link-graph.ts';
import { StateDiagram } from '../figures/state-diagram.ts';
import { hrefOf } from '../model/address.ts';
import { ApiProblem } from '../model/api-call.ts';
import {
  type EntityReport,
  KINDS,
  type Kind,
  kindOf,
  type ProfileAnswer,
  readActor,
  readHistory,
  readProfile,
} from '../model/endpoints.ts';
import { lifecycleOf } from '../model/lifecycles.ts';
import { useLoaded } from '../model/loaded.ts';
import { goTo, route } from '../model/location.ts';
import { compactText, shareText, titleText, valueText } from '../model/wording.ts';
import { Moment, Tag } from '../parts/marks.ts';
import { Await, Empty } from '../parts/notices.ts';
import { HowItGotThere, WindowsOverTime } from '../parts/past-states.ts';
import { SuppressForm } from '../parts/suppress-form.ts';
import { Timeline } from '../parts/timeline.ts';

const LOOK_MS = 5_000;
const HISTORY_MAX = 300;
const NO_REASONS: readonly string[] = [];

/** A card, an account, a device, a merchant or an address: how it stands, what happened, what it is linked to. */
export function EntityPage(): VNode {
  const [kindName, id = ''] = route.value.parts;
  const kind = kindOf(kindName);
  if (kind === null || id === '') return html`<h1>Entity</h1><${Finder} />`;
  return html`<h1>${titleText(kind)} <span class="id">${id}</span></h1>
    <${Standing} key=${`${kind} ${id}`} kind=${kind} id=${id} />
    <${SuppressForm} key=${`suppress ${kind} ${id}`} kind=${kind} id=${id} reasons=${NO_REASONS} />
    <div class="grid two">
      <${Timeline} key=${`timeline ${kind} ${id}`} kind=${kind} id=${id} />
      <${LinkGraph} key=${`links ${kind} ${id}`} kind=${kind} id=${id} />
    </div>`;
}

function Finder(): VNode {
  const kind = useRef<HTMLSelectElement>(null);
  const id = useRef<HTMLInputElement>(null);
  const find = (event: Event): void => {
    event.preventDefault();
    const name = id.current?.value.trim() ?? '';
    if (name !== '') goTo(hrefOf('entity', [kind.current?.value ?? 'card', name]));
  };
  return html`<section class="panel">
    <form class="row" role="search" onSubmit=${find}>
      <label>Kind
        <select ref=${kind}>${KINDS.map(
          (name) => html`<option key=${name}
          value=${name}>${titleText(name)}</option>`,
        )}</select>
      </label>
      <label>Id <input ref=${id} type="search" required maxlength="200" spellcheck=${false} /></label>
      <button class="primary" type="submit">Open</button>
    </form>
    <p class="hint">Ids are links in <a href=${hrefOf('alerts')}>Alerts</a> and <a
      href=${hrefOf('decisions')}>Decisions</a>.</p>
  </section>`;
}

function Standing({ kind, id }: { kind: Kind; id: string }): VNode {
  const actor = useLoaded(`actor ${kind} ${id}`, (signal) => actorOrNull(kind, id, signal), LOOK_MS);
  const profile = useLoaded(`profile ${kind} ${id}`, (signal) => readProfile(kind, id, signal), LOOK_MS);
  return html`
    <${Await} of=${profile} what="the profile" show=${(answer: ProfileAnswer) => html`<${Profile}
      profile=${answer.profile} />`} />
    <${Await} of=${actor} what="the live actor" show=${({ report }: { report: EntityReport | null }) =>
      report === null
        ? html`<${Empty} title=${`The engine knows no ${kind} of this id`}><p>Check the id, and its kind.</p><//>`
        : html`<${Actor} kind=${kind} report=${report} />`} />`;
}

async function actorOrNull(kind: Kind, id: string, signal: AbortSignal): Promise<{ report: EntityReport | null }> {
  try {
    return { report: await readActor(kind, id, signal) };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return { report: null };
    throw error;
  }
}

function Profile({ profile }: { profile: ProfileAnswer['profile'] }): VNode | null {
  if (profile === null) return null;
  const { decisions, approved, challenged, reviewed, declined, logins, loginsFailed, fraudLabels } = profile;
  const held = challenged + reviewed;
  const tile = (name: string, figure: string, about: string, tone = ''): VNode => html`<div class=${`tile ${tone}`}>
    <dt>${name}</dt><dd>${figure}<small>${about}</small></dd>
  </div>`;
  return html`<dl class="tiles">
    ${tile('Decisions', compactText(decisions), `worth ${compactText(profile.amount)}`)}
    ${tile('Approved', shareText(approved, decisions), compactText(approved), 'good')}
    ${tile('Challenged or held', shareText(held, decisions), compactText(held), 'warm')}
    ${tile('Declined', shareText(declined, decisions), `worth ${compactText(profile.amountDeclined)}`, 'bad')}
    ${tile('Highest score', String(profile.scoreMax), 'of 100')}
    ${tile('Logins', compactText(logins), `${compactText(loginsFailed)} failed`)}
    ${tile('Labelled fraud', compactText(fraudLabels), `${compactText(profile.legitimateLabels)} legitimate`)}
  </dl>`;
}

function Actor({ kind, report }: { kind: Kind; report: EntityReport }): VNode {
  const { status, windows, attributes, id, revision } = report;
  const history = useLoaded(`history ${kind} ${id} ${revision}`, (signal) =>
    readHistory(kind, id, { limit: HISTORY_MAX }, signal),
  );
  return html`
    <section class="panel">
      <div class="row spread"><h2>Lifecycle</h2><span>now <${Tag} text=${status} /></span></div>
      <${StateDiagram} machine=${lifecycleOf(kind, status)} name=${kind} />
      <${HowItGotThere} history=${history.value} />
    </section>
    <${WindowsOverTime} history=${history.value} />
    <div class="grid two">
      <section class="panel">
        <h2>Windows</h2>
        <p class="hint">What the rules read of it, as of <${Moment} at=${report.asOf} /> in event time.</p>
        <${Values} values=${windows} none="The ruleset keeps no feature of this kind." />
      </section>
      <section class="panel">
        <h2>Profile</h2>
        <dl class="facts">
          <div><dt>First seen</dt><dd><${Moment} at=${report.firstSeenAt} /></dd></div>
          <div><dt>Home country</dt><dd>${report.homeCountry || '–'}</dd></div>
          <div><dt>Revision</dt><dd>${report.revision}</dd></div>
          <div><dt>In memory</dt><dd>${report.resident ? 'yes' : 'no: rebuilt for this answer'}</dd></div>
        </dl>
        <h3>Stated of it</h3>
        <${Values} values=${attributes} none="Nothing was stated by reference data." />
      </section>
    </div>`;
}

function Values({ values, none }: { values: Readonly<Record<string, unknown>>; none: string }): VNode {
  const entries = Object.entries(values);
  if (entries.length === 0) return html`<p class="hint">${none}</p>`;
  return html`<dl class="values">
    ${entries.map(
      ([name, value]) =>
        html`<div key=${name} class=${value === 0 ? 'zero' : ''}><dt>${name}</dt><dd>${valueText(value)}</dd></div>`,
    )}
  </dl>`;
}
