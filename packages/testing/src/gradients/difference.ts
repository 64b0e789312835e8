/**
 * Numerical derivatives by central differences, extrapolated to step 0.
 *
 * Ridders (1982, "Accurate computation of F'(x) and F'(x)F''(x)"): differences D(h), D(h/2), D(h/4) … have errors in
 * even powers of h, so Richardson's tableau removes them one by one; the entry whose neighbours agree best is taken, and
 * their disagreement is the error estimate. Steps are powers of two, so that t ± h is exact.
 */

export interface Derivative {
  readonly value: number;
  /** How far the extrapolations disagree; large at kinks and jumps. */
  readonly error: number;
}

export interface DifferenceOptions {
  /** First and widest step, in units of t. Default 2⁻⁶. */
  readonly step?: number | undefined;
  /** How many steps are tried, each half of the one before. Default 8. */
  readonly levels?: number | undefined;
  /** Stop when the relative error estimate is below this. Default 1e-10. */
  readonly enough?: number | undefined;
}

/** d f(t) / d t at t = 0. */
export function derivativeAtZero(f: (t: number) => number, options: DifferenceOptions = {}): Derivative {
  const { levels = 8, enough = 1e-10 } = options;
  let h = options.step ?? 2 ** -6;
  let best: Derivative = { value: Number.NaN, error: Number.POSITIVE_INFINITY };
  let above: number[] = [];
  for (let level = 0; level < levels; level++, h /= 2) {
    const row = [(f(h) - f(-h)) / (2 * h)];
    for (let k = 1; k <= level; k++) {
      const fine = row[k - 1] as number;
      const coarse = above[k - 1] as number;
      const value = fine + (fine - coarse) / (4 ** k - 1);
      const error = Math.max(Math.abs(value - fine), Math.abs(value - coarse));
      row.push(value);
      if (error <= best.error) best = { value, error };
    }
    if (level === 0) best = { value: row[0] as number, error: Number.POSITIVE_INFINITY };
    if (best.error <= enough * Math.abs(best.value)) break;
    above = row;
  }
  return best;
}

/**
 * Whether f has a kink at 0. Slopes to the left and to the right differ by f''(0)·h where f is smooth, which halves with
 * h, and by a constant at a kink.
 */
export function hasKink(f: (t: number) => number): boolean {
  const middle = f(0);
  const bend = (h: number): number => Math.abs(f(h) - 2 * middle + f(-h)) / h;
  const [wide, narrow] = [bend(2 ** -12), bend(2 ** -13)];
  const noise = 1e-11 * (1 + Math.abs(middle));
  return narrow > noise && narrow > 0.75 * wide;
}
