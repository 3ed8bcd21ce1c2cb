import { measureParts, type Suite } from '../suite.ts';
import { measureEventToWebhook } from './event-to-webhook.ts';
import { measureOpenSagas } from './open-sagas.ts';

const PARTS: Readonly<Record<string, Suite>> = {
  webhook: measureEventToWebhook,
  open: measureOpenSagas,
};

/** Sagas: from the event to the webhook, and many open ones. */
export const runSagaSuite: Suite = (options) => measureParts('sagas', PARTS, options);
