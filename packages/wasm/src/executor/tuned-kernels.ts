/**
 * The kernels of one program, and which of their equal forms runs at present. What runs a few times pays nothing: only
 * when a program has become hot, its kernels are compiled with joined vectors, where the engine can and their generators
 * have code for it, and those of some work are tuned. Alternatives are generated when their turn comes.
 */

import type { CodeOptions } from "../kernels/kernel.ts";
import { joinedForm } from "./joined.ts";
import type { LoweredKernel } from "./lowered.ts";
import type { Contest, Tuner } from "./tuner.ts";

/** Kernels with less work than this, in floating-point operations, are not tuned. */
const LEAST_FLOPS = 1e6;

/** What is known of the executor. */
export interface HotCode {
  readonly code: CodeOptions;
  readonly hotCode: CodeOptions | undefined;
  readonly hotRuns: number;
  readonly tuner: Tuner;
}

/** Generates kernel `number` of the program; `undefined` for those of the host. */
export type Lower = (number: number, options: CodeOptions) => LoweredKernel | undefined;

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
  readonly #executor: HotCode;
  readonly #lower: Lower;
  #runs = 0;
  /** Kernels whose contests are open or whose winner does not run yet. */
  #tuned: Tuned[] = [];
  readonly #byKernel = new Map<number, Tuned>();

  constructor(executor: HotCode, kernels: number, lower: Lower) {
    this.#executor = executor;
    this.#lower = lower;
    this.lowered = Array.from({ length: kernels }, (_, i) => this.#forced(lower(i, executor.code)));
    if (executor.hotRuns === 0) this.#heat();
  }

  /** The alternative that the executor's options ask for. */
  #forced(lowered: LoweredKernel | undefined): LoweredKernel | undefined {
    const { mode } = this.#executor.tuner;
    return typeof mode === "number" && mode > 0 ? (lowered?.alternatives?.[mode - 1]?.make() ?? lowered) : lowered;
  }

  /** Called before every run: gives turns; whether other kernels run now than before. */
  choose(): boolean {
    let changed = false;
    if (this.#runs < this.#executor.hotRuns) {
      this.#runs++;
      if (this.#runs === this.#executor.hotRuns) changed = this.#heat();
    }
    if (this.#tuned.length === 0) return changed;
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

  /** The program is hot; whether any kernel changed. */
  #heat(): boolean {
    const { hotCode, tuner } = this.#executor;
    let changed = false;
    this.lowered.forEach((lowered, kernel) => {
      const hot = hotCode === undefined ? undefined : this.#lower(kernel, hotCode);
      if (lowered === undefined || hot === undefined || codeKey(hot) === codeKey(lowered)) return;
      this.lowered[kernel] = this.#forced(joinedForm(hot));
      changed = true;
    });
    if (tuner.mode === "live") this.#enter();
    return changed;
  }

  /** Kernels enter their contests. */
  #enter(): void {
    this.lowered.forEach((lowered, kernel) => {
      const alternatives = lowered?.alternatives ?? [];
      if (lowered === undefined || alternatives.length === 0) return;
      const flops = flopsOf(lowered);
      if (flops < LEAST_FLOPS) return;
      const key = `${codeKey(lowered)} at ${Math.round(Math.log2(flops))}`;
      const contest = this.#executor.tuner.contest(key, alternatives.length + 1);
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

const flopsOf = ({ kernel, extents }: LoweredKernel): number => kernel.flops(extents);
const codeKey = ({ kernel }: LoweredKernel): string => kernel.stages.map((stage) => stage.key).join(" + ");
