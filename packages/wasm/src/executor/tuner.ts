/**
 * The autotuner: finds by timing which of several equal kernels is the fastest here.
 *
 * Candidates of one contest compute the same bits, so the choice may depend on time, and does. They take turns on the
 * steps of the running program. What a candidate took before the engine has optimised its code counts for nothing: that
 * is the first runs, about four times slower (V8 compiles again in the background, a running function is not replaced).
 * Of the runs after that the shortest is kept, which disturbances by other processes touch least. The winner, if it is
 * clearly ahead of the default, serves from then on, for all kernels of the same code and size.
 */

/** A candidate has settled after so many runs, or so many milliseconds of them, … */
const SETTLING_RUNS = 12;
const SETTLING_MS = 30;
/** … but not before this long after its first run: compiling takes its time, however fast the runs follow. */
const SETTLING_WALL_MS = 150;
/** Runs that are compared: of every candidate first, then of those that came near the fastest. */
const SAMPLES = 3;
const FINAL_SAMPLES = 8;
const NEAR = 1.1;
/** The share of the default's time that a winner takes at most. */
const MARGIN = 0.98;

interface Runner {
  /** Turns that were given, runs that were recorded. */
  turns: number;
  runs: number;
  spent: number;
  firstAt: number;
  samples: number;
  best: number;
  out: boolean;
}

export class Contest {
  /** Number of the candidate that won; `undefined` as long as it is open. */
  winner: number | undefined;
  /** When it was last asked or told something. */
  usedAt = 0;
  readonly #runners: Runner[];
  readonly #decided: () => void;

  /** @param candidates How many there are; number 0 is the default. */
  constructor(candidates: number, decided: () => void) {
    this.#decided = decided;
    this.#runners = Array.from({ length: candidates }, () => ({
      turns: 0,
      runs: 0,
      spent: 0,
      firstAt: 0,
      samples: 0,
      best: Number.POSITIVE_INFINITY,
      out: false,
    }));
  }

  /** Whose turn it is: of the candidates that need runs, the one that had the fewest; the winner when it is over. */
  pick(): number {
    if (this.winner !== undefined) return this.winner;
    let pick = -1;
    let fewest = Number.POSITIVE_INFINITY;
    this.#runners.forEach((runner, i) => {
      if (runner.turns >= fewest || !this.#needsRuns(runner)) return;
      pick = i;
      fewest = runner.turns;
    });
    if (pick < 0) return 0;
    (this.#runners[pick] as Runner).turns++;
    return pick;
  }

  /** A run of a candidate took `ms` and ended at time `now`, in milliseconds. */
  record(candidate: number, ms: number, now: number): void {
    this.usedAt = now;
    if (this.winner !== undefined) return;
    const runner = this.#runners[candidate] as Runner;
    if (runner.runs === 0) runner.firstAt = now;
    const settled =
      (runner.runs >= SETTLING_RUNS || runner.spent >= SETTLING_MS) && now - runner.firstAt >= SETTLING_WALL_MS;
    runner.runs++;
    runner.spent += ms;
    if (settled) {
      runner.samples++;
      runner.best = Math.min(runner.best, ms);
    }
    this.#decide();
  }

  /** Takes a candidate out: it is the same code as another one. */
  drop(candidate: number): void {
    (this.#runners[candidate] as Runner).out = true;
    this.#decide();
  }

  #needsRuns({ out, samples, best }: Runner): boolean {
    if (out || samples >= FINAL_SAMPLES) return false;
    if (samples < SAMPLES) return true;
    const racing = this.#runners.filter((r) => !r.out);
    return racing.every((r) => r.samples >= SAMPLES) && best <= NEAR * Math.min(...racing.map((r) => r.best));
  }

  #decide(): void {
    if (this.winner !== undefined || this.#runners.some((r) => this.#needsRuns(r))) return;
    let winner = 0;
    const limit = MARGIN * (this.#runners[0] as Runner).best;
    this.#runners.forEach(({ out, best }, i) => {
      if (!out && best <= limit && best < (this.#runners[winner] as Runner).best) winner = i;
    });
    this.winner = winner;
    this.#decided();
  }
}

/**
 * `"live"`: time the candidates and keep the winner; `"off"`: the defaults; a number: the alternative of that number, for
 * every kernel that has so many, which tests use.
 */
export type Tuning = "live" | "off" | number;

/** A contest that has not been used for so long belongs to a program that does not run any more. */
const IDLE_MS = 2000;
/** Contests that are remembered. */
const REMEMBERED = 4096;

export class Tuner {
  readonly mode: Tuning;
  readonly #contests = new Map<string, Contest>();
  readonly #open = new Set<Contest>();

  constructor(mode: Tuning) {
    this.mode = mode;
  }

  /** The contest of kernels of this key, which has so many candidates. */
  contest(key: string, candidates: number): Contest {
    const known = this.#contests.get(key);
    if (known !== undefined) return known;
    const contest: Contest = new Contest(candidates, () => this.#open.delete(contest));
    contest.usedAt = performance.now();
    this.#contests.set(key, contest);
    this.#open.add(contest);
    if (this.#contests.size > REMEMBERED) {
      const [oldest, forgotten] = this.#contests.entries().next().value as [string, Contest];
      this.#contests.delete(oldest);
      this.#open.delete(forgotten);
    }
    return contest;
  }

  /** Whether every contest of the programs that have run lately is decided. */
  get finished(): boolean {
    const now = performance.now();
    for (const contest of this.#open) if (now - contest.usedAt < IDLE_MS) return false;
    return true;
  }
}
