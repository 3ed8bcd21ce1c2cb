import type { RandomSource } from './random-source.ts';

/** Address of the shared space of RFC 6598 (100.64.0.0/10), which belongs to nobody on the internet. */
export function customerIp(index: number): string {
  const value = index % 4_194_304;
  return `100.${64 + (value >> 16)}.${(value >> 8) & 255}.${value & 255}`;
}

/** Address of the benchmarking space of RFC 2544 (198.18.0.0/15): where the simulated attackers sit. */
export function attackerIp(random: RandomSource): string {
  return `198.${random.integer(18, 19)}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
}
