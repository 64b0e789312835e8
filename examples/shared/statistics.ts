/** Means, shares and their uncertainty. */

export function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0) / values.length;
}

/** The 95 % interval of a share that was found in n trials (E. Wilson, 1927). */
export function wilson(share: number, n: number): [low: number, high: number] {
  const z2 = 1.96 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const reach = (Math.sqrt(z2) / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [middle - reach, middle + reach];
}

/** `12.3 %`; of nothing, "none". */
export function percent(share: number): string {
  return Number.isNaN(share) ? "none" : `${(100 * share).toFixed(1)} %`;
}
