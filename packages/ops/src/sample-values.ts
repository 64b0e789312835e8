/** Values for samples: only tests load this file. */

/**
 * `count` numbers, all different, at least 0.25 apart, none nearer to 0 than 0.125, in scattered order: for ops with kinks
 * where elements tie or change sign.
 */
export function distinct(count: number): number[] {
  const step = stepFor(count);
  return Array.from({ length: count }, (_, i) => ((i * step) % count) * 0.25 - Math.floor(count / 2) * 0.25 + 0.125);
}

/** A number near the golden section of `count` that has no factor in common with it: its multiples visit all residues. */
function stepFor(count: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.round(count * 0.382));
  while (divisor(step, count) !== 1) step++;
  return step;
}
