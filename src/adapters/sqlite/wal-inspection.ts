import { existsSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { damageFault } from './sqlite-faults.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

/**
 * Refuses a write-ahead log that lost commits which SQLite had synced. SQLite takes the first frame with a wrong
 * checksum for the torn end of the file and drops what follows without a word; that is right for the one commit that
 * was being written, and wrong when whole commits follow, as each of them was synced after the one before it.
 * So two commits of this generation (same salts) beyond the first bad frame mean that an acknowledged one is damaged:
 * LOG_CORRUPT. Format: sqlite.org/fileformat2.html, section 4.
 *
 * To be called before the file is opened: closing a connection folds the sound part into the main file and deletes the
 * rest. Another process may be writing meanwhile, so only a verdict on a file at rest counts.
 */
export function inspectWal(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const damage = findDamage(bytes);
  if (damage === null || !existsSync(path) || !bytes.equals(readFileSync(path))) return;
  const place = `what follows byte ${damage.byte} of the write-ahead log, with ${damage.commits} commits,`;
  throw damageFault(path, place, damage);
}

type Damage = { readonly byte: number; readonly commits: number };

function findDamage(bytes: Buffer): Damage | null {
  if (bytes.length < HEADER_BYTES + FRAME_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frameBytes = FRAME_HEADER_BYTES + pageBytesOf(view);
  const checksum = new WalChecksum(view, view.getUint32(0) === MAGIC_BIG);
  checksum.take(0, 24);
  let isSound = isMagic(view.getUint32(0)) && checksum.matches(24);
  const saltAt = isSound ? 16 : HEADER_BYTES + 8;
  let soundEnd = 0;
  let commits = 0;
  for (let start = HEADER_BYTES; start + frameBytes <= bytes.length; start += frameBytes) {
    const isOfGeneration = hasSalts(view, start, saltAt);
    if (isSound) {
      checksum.take(start, 8);
      checksum.take(start + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES);
      isSound = isOfGeneration && checksum.matches(start + 16);
      if (isSound) soundEnd = start + frameBytes;
    }
    if (!isSound && isOfGeneration && view.getUint32(start + 4) !== 0) commits++;
  }
  return commits < 2 ? null : { byte: soundEnd, commits };
}

function pageBytesOf(view: DataView): number {
  const stated = view.getUint32(8);
  return stated >= 512 && stated <= 65536 && (stated & (stated - 1)) === 0 ? stated : 8192;
}

function isMagic(word: number): boolean {
  return word === MAGIC_LITTLE || word === MAGIC_BIG;
}

function hasSalts(view: DataView, frameStart: number, saltAt: number): boolean {
  return (
    view.getUint32(frameStart + 8) === view.getUint32(saltAt) &&
    view.getUint32(frameStart + 12) === view.getUint32(saltAt + 4)
  );
}

/** The running checksum of a write-ahead log: two sums over pairs of words, whose byte order the magic tells. */
class WalChecksum {
  readonly #view: DataView;
  readonly #words: Uint32Array | null;
  readonly #isLittle: boolean;
  #first = 0;
  #second = 0;

  constructor(view: DataView, isBig: boolean) {
    this.#view = view;
    this.#isLittle = !isBig;
    const isNative = (endianness() === 'LE') === this.#isLittle && view.byteOffset % 4 === 0;
    this.#words = isNative ? new Uint32Array(view.buffer, view.byteOffset, Math.floor(view.byteLength / 4)) : null;
  }

  take(start: number, length: number): void {
    let first = this.#first;
    let second = this.#second;
    for (let at = start; at < start + length; at += 8) {
      first = (first + this.#word(at) + second) >>> 0;
      second = (second + this.#word(at + 4) + first) >>> 0;
    }
    this.#first = first;
    this.#second = second;
  }

  matches(at: number): boolean {
    return this.#view.getUint32(at) === this.#first && this.#view.getUint32(at + 4) === this.#second;
  }

  #word(at: number): number {
    return this.#words === null ? this.#view.getUint32(at, this.#isLittle) : (this.#words[at >>> 2] ?? 0);
  }
}
