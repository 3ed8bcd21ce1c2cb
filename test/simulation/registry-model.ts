import type { ListEntry, Suppression } from '../../src/domain/lists.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { hold } from './invariant-violation.ts';

/** A change of what analysts keep. */
export type RegistryChange =
  | { readonly type: 'set'; readonly entry: ListEntry }
  | { readonly type: 'remove'; readonly entry: ListEntry }
  | { readonly type: 'suppress'; readonly suppression: Suppression }
  | { readonly type: 'unsuppress'; readonly suppression: Suppression }
  | { readonly type: 'publish'; readonly version: string };

type Standing = {
  readonly lists: Map<string, ListEntry>;
  readonly suppressions: Map<string, Suppression>;
  version: string;
};

function apply(standing: Standing, change: RegistryChange): void {
  switch (change.type) {
    case 'set':
      standing.lists.set(keyOf(change.entry), change.entry);
      return;
    case 'remove':
      standing.lists.delete(keyOf(change.entry));
      return;
    case 'suppress':
      standing.suppressions.set(nameOf(change.suppression), change.suppression);
      return;
    case 'unsuppress':
      standing.suppressions.delete(nameOf(change.suppression));
      return;
    case 'publish':
      standing.version = change.version;
  }
}

function nameOf({ ruleId, kind, id }: Suppression): string {
  return `${ruleId} ${kind} ${id}`;
}

function keyOf({ list, kind, value }: ListEntry): string {
  return `${list} ${kind} ${value}`;
}

function sortedTexts(items: Iterable<unknown>): string[] {
  return [...items].map((item) => JSON.stringify(item)).sort();
}

function pictureOf(lists: Iterable<unknown>, suppressions: Iterable<unknown>, version: string): string {
  return JSON.stringify([sortedTexts(lists), sortedTexts(suppressions), version]);
}

/** Lists, suppressions and the ruleset as acknowledged; what is on its way may count after a crash, in its order. */
export class RegistryModel {
  #standing: Standing = { lists: new Map(), suppressions: new Map(), version: '' };
  #pending: RegistryChange[] = [];

  get pendingCount(): number {
    return this.#pending.length;
  }

  began(change: RegistryChange): void {
    this.#pending.push(change);
  }

  /** A change was acknowledged. One that failed stays on its way: the log may hold it all the same. */
  ended(change: RegistryChange): void {
    this.#pending = this.#pending.filter((other) => other !== change);
    apply(this.#standing, change);
  }

  /** A new engine stands where the acknowledged changes lead, or some of those under way after them (I1). */
  checkRestarted(engine: Engine): void {
    const actual = pictureOf(engine.lists(), engine.suppressions(), engine.ruleset().version);
    const candidates = [this.#picture()];
    for (const change of this.#pending) {
      apply(this.#standing, change);
      candidates.push(this.#picture());
    }
    this.#pending = [];
    const found = candidates.indexOf(actual);
    hold('I1', found >= 0, () => `lists and ruleset came back as ${actual}, not as ${candidates.join(' or ')}`);
    this.adopt(engine);
  }

  /** An engine at rest stands where the acknowledged changes lead. */
  checkSettled(engine: Engine): void {
    const actual = pictureOf(engine.lists(), engine.suppressions(), engine.ruleset().version);
    hold('I1', actual === this.#picture(), () => `lists and ruleset are ${actual}, not ${this.#picture()}`);
  }

  /** Takes an engine's word for where it stands. */
  adopt(engine: Engine): void {
    this.#standing = { lists: new Map(), suppressions: new Map(), version: engine.ruleset().version };
    for (const entry of engine.lists()) apply(this.#standing, { type: 'set', entry });
    for (const suppression of engine.suppressions()) apply(this.#standing, { type: 'suppress', suppression });
  }

  #picture(): string {
    const { lists, suppressions, version } = this.#standing;
    return pictureOf(lists.values(), suppressions.values(), version);
  }
}
