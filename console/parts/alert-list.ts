import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { hrefOf } from '../model/address.ts';
import type { AlertRow } from '../model/endpoints.ts';
import { moneyText, shortText } from '../model/wording.ts';
import { Codes, DecisionName, Moment, SomeEntity, Tag } from './marks.ts';

/** Alerts in a narrow place, the newest first. */
export function AlertList({ alerts }: { alerts: readonly AlertRow[] }): VNode {
  return html`<ol class="alert-list">
    ${alerts.map(
      (alert) => html`<li key=${`${alert.position} ${alert.subjectId}`}>
        <div class="row spread">
          <span class="row"><${Tag} text=${alert.outcome ?? alert.source} /><${AlertSubject} alert=${alert} /></span>
          <${Moment} at=${alert.occurredAt} />
        </div>
        <p class="reasons"><${Codes} codes=${alert.reasons} /></p>
      </li>`,
    )}
  </ol>`;
}

/** What an alert is about, with a link to its page. */
export function AlertSubject({ alert }: { alert: AlertRow }): VNode {
  const { source, subjectId, amountMinor, currency } = alert;
  if (source !== 'decision') {
    const [kind, id] = entitiesOf(alert)[0] ?? ['event', subjectId];
    return html`<${SomeEntity} kind=${kind} id=${id} />`;
  }
  const amount = amountMinor === null || currency === null ? '' : moneyText(amountMinor, currency);
  return html`<a href=${hrefOf('decision', [subjectId])} title=${subjectId}>${amount || shortText(subjectId, 20)}</a>`;
}

/** The entities that an alert names, with their kinds. */
export function entitiesOf(alert: AlertRow): readonly (readonly [string, string])[] {
  const { cardId, accountId, deviceId, merchantId, ip } = alert;
  const named = { card: cardId, account: accountId, device: deviceId, merchant: merchantId, ip };
  return Object.entries(named).flatMap(([kind, id]) => (id === null ? [] : [[kind, id] as const]));
}

/** The id of what an alert is about; a link where there is a page for it. */
export function AlertId({ alert }: { alert: AlertRow }): VNode {
  if (alert.source === 'decision') return html`<${DecisionName} id=${alert.subjectId} />`;
  return html`<span class="id" title=${alert.subjectId}>${shortText(alert.subjectId, 26)}</span>`;
}
