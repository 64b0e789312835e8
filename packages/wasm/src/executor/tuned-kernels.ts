/**
 * The kernels of one program, and which of their equal forms runs at present. Alternatives are generated when their turn
 * comes, not before a program has run some times: what runs once pays nothing.
 */

import type { LoweredKernel } from "./lowered.ts";
import type { Contest, Tuner } from "./tuner.ts";

/** Runs of a program before its kernels are tuned. */
const FIRST_RUNS = 3;
/** Kernels with less work than this, in floating-point operations, stay as they are. */
const LEAST_FLOPS = 1e6;

interface Tuned {
  readonly kernel: number;
  readonly contest: Contest;
  /** What runs, and what has been made so far, by number. */
  current: number;
  readonly made: (LoweredKernel | undefined)[];
  spent: number;
}

export class TunedKernels {
  /** What runs, by kernel. */
  readonly lowered: (LoweredKernel | undefined)[];
  readonly #tuner: Tuner;
  #runs = 0;
  /** Kernels whose contests are open or whose winner does not run yet. */
  #tuned: Tuned[] = [];
  readonly #byKernel = new Map<number, Tuned>();

  constructor(tuner: Tuner, defaults: readonly (LoweredKernel | undefined)[]) {
    this.#tuner = tuner;
    const { mode } = tuner;
    this.lowered = defaults.map((l) =>
      typeof mode === "number" && mode > 0 ? (l?.alternatives?.[mode - 1]?.make() ?? l) : l,
    );
  }

  /** Called before every run: gives turns; whether other kernels run now than before. */
  choose(): boolean {
    if (this.#tuner.mode !== "live") return false;
    if (this.#runs < FIRST_RUNS) {
      this.#runs++;
      if (this.#runs === FIRST_RUNS) this.#enter();
    }
    if (this.#tuned.length === 0) return false;
    let changed = false;
    for (const tuned of this.#tuned) {
      tuned.spent = 0;
      const pick = this.#pick(tuned);
      if (pick === tuned.current) continue;
      tuned.current = pick;
      this.lowered[tuned.kernel] = tuned.made[pick];
      changed = true;
    }
    for (const tuned of this.#tuned) if (tuned.contest.winner === tuned.current) this.#byKernel.delete(tuned.kernel);
    this.#tuned = this.#tuned.filter((tuned) => tuned.contest.winner !== tuned.current);
    return changed;
  }

  /** Whether the time of this kernel is wanted. */
  times(kernel: number): boolean {
    return this.#byKernel.has(kernel);
  }

  /** A stage of the kernel took so many milliseconds. */
  add(kernel: number, ms: number): void {
    const tuned = this.#byKernel.get(kernel);
    if (tuned !== undefined) tuned.spent += ms;
  }

  /** Called after every run that was timed. */
  record(): void {
    if (this.#tuned.length === 0) return;
    const now = performance.now();
    for (const { contest, current, spent } of this.#tuned) contest.record(current, spent, now);
  }

  #enter(): void {
    this.lowered.forEach((lowered, kernel) => {
      const alternatives = lowered?.alternatives ?? [];
      if (lowered === undefined || alternatives.length === 0) return;
      const flops = lowered.kernel.flops(lowered.extents);
      if (flops < LEAST_FLOPS) return;
      const key = `${codeKey(lowered)} at ${Math.round(Math.log2(flops))}`;
      const contest = this.#tuner.contest(key, alternatives.length + 1);
      const tuned: Tuned = { kernel, contest, current: 0, made: [lowered], spent: 0 };
      this.#tuned.push(tuned);
      this.#byKernel.set(kernel, tuned);
    });
  }

  /** The candidate whose turn it is, generated; those that turn out to be no different are taken out. */
  #pick(tuned: Tuned): number {
    const { contest, made } = tuned;
    for (;;) {
      const pick = contest.pick();
      if (made[pick] !== undefined) return pick;
      const lowered = made[0]?.alternatives?.[pick - 1]?.make() as LoweredKernel;
      const form = `${codeKey(lowered)} ${JSON.stringify(lowered.extents)}`;
      const known = made.some(
        (other) => other !== undefined && `${codeKey(other)} ${JSON.stringify(other.extents)}` === form,
      );
      made[pick] = lowered;
      if (!known || contest.winner !== undefined) return pick;
      contest.drop(pick);
    }
  }
}

const codeKey = ({ kernel }: LoweredKernel): string => kernel.stages.map((stage) => stage.key).join(" + ");
