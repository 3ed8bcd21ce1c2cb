import type { Figure } from '../figures.ts';
import type { Suite, SuiteOptions } from '../suite.ts';
import { measureEventToWebhook } from './event-to-webhook.ts';
import { measureOpenSagas } from './open-sagas.ts';

const PARTS: Readonly<Record<string, (options: SuiteOptions) => Promise<Figure[]>>> = {
  webhook: measureEventToWebhook,
  open: measureOpenSagas,
};

/** Sagas: from the event to the webhook, and many open ones. */
export const runSagaSuite: Suite = async (options) => {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    options.note(`sagas: ${name}`);
    figures.push(...(await measure(options)));
  }
  return figures;
};
