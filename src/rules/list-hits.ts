import { LIST_KINDS, type ListKind, type ListName } from '../domain/lists.ts';

/** Bit of a kind in the masks of `ListHits`. */
export function listKindBit(kind: ListKind): number {
  return 1 << LIST_KINDS.indexOf(kind);
}

/** Which kinds of value of one event stand on which list: a bit a kind, in three masks. */
export class ListHits {
  block = 0;
  allow = 0;
  watch = 0;

  clear(): void {
    this.block = 0;
    this.allow = 0;
    this.watch = 0;
  }

  get isEmpty(): boolean {
    return (this.block | this.allow | this.watch) === 0;
  }

  /** Kinds that hit one list, in the order of LIST_KINDS. */
  kindsOf(list: ListName): ListKind[] {
    return LIST_KINDS.filter((kind) => (this[list] & listKindBit(kind)) !== 0);
  }
}
