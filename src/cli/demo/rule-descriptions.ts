import { parse } from 'yaml';
import { isEventRecord } from '../traffic/traffic-item.ts';

/**
 * What each rule of a ruleset text means, by id: its description, or its condition where it has none. Expects a text
 * that an engine took; what is no rule is left out.
 */
export function ruleDescriptionsOf(text: string): ReadonlyMap<string, string> {
  const descriptions = new Map<string, string>();
  const document: unknown = parse(text);
  const rules = isEventRecord(document) ? document.rules : undefined;
  for (const rule of Array.isArray(rules) ? rules : []) {
    if (!isEventRecord(rule)) continue;
    const { id, description, when } = rule;
    if (typeof id !== 'string') continue;
    if (typeof description === 'string') descriptions.set(id, description.trim());
    else if (typeof when === 'string') descriptions.set(id, `matches when ${when.trim()}`);
  }
  return descriptions;
}
