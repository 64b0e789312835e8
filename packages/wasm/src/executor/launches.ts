/**
 * What a run of a program is made of: the stages of all its kernels in order, each with the code and all the values that
 * it is called with. Values are addresses and extents; they hold until memory moves.
 */

import type { Operand, Program } from "@prewitt/core";
import type { Stage } from "../kernels/kernel.ts";
import type { DerivedForm } from "./derived.ts";
import { type CompiledStage, type FunctionTable, HeldCode } from "./functions.ts";
import type { SharedScratch } from "./kept-forms.ts";
import type { LoweredKernel } from "./lowered.ts";
import { bytesOf } from "./program-facts.ts";

/** One stage of one kernel. */
export interface Launch extends CompiledStage {
  readonly stage: Stage;
  /** Whether it is the last of its kernel. */
  readonly last: boolean;
  readonly kernel: number;
  readonly tasks: number;
  readonly parallel: boolean;
  readonly localPlace: number;
  /** The form that this stage makes, where it is kept: then the stage runs only when the form is out of date. */
  form: DerivedForm | undefined;
  /** Set when addresses are known, without the task range. */
  values: number[];
}

/** Where things lie in the runs to come. */
export interface Places {
  readonly scratch: number;
  readonly local: number;
  /** Kept forms, by kernel. */
  readonly forms: ReadonlyMap<number, DerivedForm>;
  addressOf(operand: Operand): number;
  /** The words in which a kernel reports errors. */
  errorsOf(kernel: number): number;
}

export class Launches {
  readonly code: HeldCode;
  readonly #functions: FunctionTable;
  /** Kernels of less work than this run on the calling thread. */
  readonly #parallelWork: number;
  #lowered: readonly (LoweredKernel | undefined)[] = [];
  /** In order; a number stands for the host kernel of that number. */
  list: readonly (Launch | number)[] = [];
  /** Shared scratch of every kernel; what the largest takes, and what a thread needs for itself. */
  shared: readonly SharedScratch[] = [];
  scratchBytes = 0;
  localBytes = 0;

  constructor(functions: FunctionTable, parallelWork: number) {
    this.#functions = functions;
    this.#parallelWork = parallelWork;
    this.code = new HeldCode(functions);
  }

  /** Makes the launches of these kernels; they have no values yet. */
  make(program: Program, lowered: readonly (LoweredKernel | undefined)[]): void {
    this.#lowered = lowered;
    this.code.take(lowered.flatMap((l) => l?.kernel.stages ?? []));
    const scratch = lowered.map((l) => l?.kernel.scratch(l.extents) ?? { shared: {}, local: 0 });
    this.shared = scratch.map((s) => s.shared);
    this.scratchBytes = Math.max(
      0,
      ...this.shared.map((shared) => Object.values(shared).reduce((sum, n) => sum + align(n), 0)),
    );
    this.localBytes = Math.max(0, ...scratch.map((s) => s.local));
    this.list = lowered.flatMap((l, i): (Launch | number)[] =>
      l === undefined ? [i] : this.#launchesOf(program, l, i),
    );
  }

  #launchesOf(program: Program, { kernel, extents }: LoweredKernel, number: number): Launch[] {
    const work = Math.max(kernel.flops(extents), bytesOf(program, number));
    return kernel.stages.map((stage) => {
      const tasks = stage.tasks(extents);
      return {
        ...this.#functions.get(stage.key),
        stage,
        last: stage === kernel.stages.at(-1),
        kernel: number,
        tasks,
        parallel: tasks > 1 && work >= this.#parallelWork,
        localPlace: stage.parameters.findIndex((p) => p.name === "local"),
        form: undefined,
        values: [],
      };
    });
  }

  /** Gives every parameter its value. */
  place(places: Places): void {
    for (const launch of this.list) {
      if (typeof launch === "number") continue;
      const { operands, extents, kernel } = this.#lowered[launch.kernel] as LoweredKernel;
      const form = places.forms.get(launch.kernel);
      const shared = this.#placeScratch(launch.kernel, places.scratch, form);
      launch.form = launch.stage === kernel.stages[0] ? form : undefined;
      launch.values = launch.stage.parameters.map(({ name }) => {
        if (name === "local") return places.local;
        if (name === "errors") return places.errorsOf(launch.kernel);
        const operand = operands[name];
        if (operand !== undefined) return places.addressOf(operand);
        const value = shared.get(name) ?? extents[name];
        if (value === undefined) throw new Error(`${launch.stage.key}: no value for the parameter ${name}`);
        return value;
      });
    }
  }

  /** Addresses of a kernel's shared scratch by name, the kept form among them. */
  #placeScratch(kernel: number, start: number, form: DerivedForm | undefined): Map<string, number> {
    const kept = form === undefined ? undefined : this.#lowered[kernel]?.packing?.target;
    const addresses = new Map<string, number>();
    let at = start;
    for (const [name, bytes] of Object.entries(this.shared[kernel] ?? {})) {
      if (name === kept) {
        addresses.set(name, form?.address as number);
        continue;
      }
      addresses.set(name, at);
      at += align(bytes);
    }
    return addresses;
  }

  /** Lets go of the code; `make` must be called again before a run. */
  release(): void {
    this.list = [];
    this.code.release();
  }
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
