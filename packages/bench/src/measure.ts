/**
 * Timing: runs of a function until a budget is spent, after a warm-up that lets the engine and the tuner settle.
 */

export interface Timing {
  /** Median, tenth and ninetieth percentile, in milliseconds. */
  readonly ms: number;
  readonly p10: number;
  readonly p90: number;
  /** Runs that were counted. */
  readonly n: number;
}

export interface Budget {
  /** Seconds of counted runs. */
  readonly seconds: number;
  /** Seconds of warm-up, at least. */
  readonly warmup: number;
  /** Says whether tuning still goes on; the warm-up waits for it, for at most ten times its own length. */
  tuning?(): boolean;
}

export function measure(run: () => void, { seconds, warmup, tuning }: Budget): Timing {
  const begin = performance.now();
  const elapsed = (): number => (performance.now() - begin) / 1e3;
  for (let i = 0; i < 3 || elapsed() < warmup || (tuning?.() === true && elapsed() < 10 * warmup); i++) run();
  const times: number[] = [];
  const start = performance.now();
  while (times.length < 5 || (performance.now() - start < seconds * 1e3 && times.length < 100_000)) {
    const t = performance.now();
    run();
    times.push(performance.now() - t);
  }
  times.sort((a, b) => a - b);
  const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(times.length * q))] as number;
  return { ms: at(0.5), p10: at(0.1), p90: at(0.9), n: times.length };
}
