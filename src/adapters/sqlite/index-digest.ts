import type { Position } from '../../domain/entities.ts';
import { mixBits } from './key-hasher.ts';

/**
 * The sum of a hash of every entry, in two lanes: equal for the same entries in any order. Tells whether an index holds
 * exactly the entries that the records ask for, without keeping either.
 */
export class IndexDigest {
  entryCount = 0;
  #first = 0;
  #second = 0;

  add(high: number, low: number, position: Position): void {
    const word = mixBits(high ^ Math.imul(low + 1, 0x9e3779b1));
    const place = mixBits((position >>> 0) ^ Math.imul(Math.floor(position / 4294967296) + 1, 0x85ebca6b));
    this.entryCount++;
    this.#first = (this.#first + mixBits(word ^ place)) >>> 0;
    this.#second = (this.#second + mixBits(word + Math.imul(place, 0xc2b2ae35))) >>> 0;
  }

  equals(other: IndexDigest): boolean {
    return this.entryCount === other.entryCount && this.#first === other.#first && this.#second === other.#second;
  }
}
