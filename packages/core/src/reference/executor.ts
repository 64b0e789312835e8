/**
 * The reference executor: plain loops over typed arrays, every kind of kernel, every dtype. It is the specification that
 * faster executors are compared with. Sums are taken in float64, in an order that depends on shapes alone, and rounded
 * once to the dtype of the result.
 */

import type { KernelKind } from "../program/kernels.ts";
import type { Program } from "../program/program.ts";
import type { Executor, ExecutorTraits, PreparedProgram, Storage } from "../run/executor.ts";
import { allocate, type DType } from "../tensor/dtype.ts";
import { type Generator, makeGenerator } from "./loop-text.ts";
import { ArrayStorage, SharedMemory } from "./memory.ts";
import { prepareProgram } from "./prepare.ts";

export interface ReferenceOptions {
  /** Accept fused programs: maps joined with maps, prologues of `reduce`, epilogues. Off by default. */
  readonly fuse?: boolean | undefined;
  /** Generate JavaScript for `map` and `reduce`; on by default where the environment allows it. */
  readonly generate?: boolean | undefined;
}

const strided: readonly KernelKind[] = ["map", "reduce", "contract", "gather", "scatter", "copy", "check"];

function traitsOf(fuse: boolean): ExecutorTraits {
  return {
    stridedReads: new Set(strided),
    epilogues: new Set<KernelKind>(fuse ? ["contract", "conv", "reduce"] : []),
    prologues: new Set<KernelKind>(fuse ? ["reduce"] : []),
    fuseMaps: fuse,
    maxExpression: 64,
    layout: "channels-first",
    alignment: 16,
    memoryLimit: 2 ** 34,
    threads: 1,
  };
}

/**
 * An executor of plain loops. It runs everywhere, alone on the calling thread, and is exact to the rounding of each
 * kernel's result.
 *
 * @example useExecutor(referenceExecutor());
 */
export function referenceExecutor(options: ReferenceOptions = {}): Executor {
  return new ReferenceExecutor(options);
}

class ReferenceExecutor implements Executor {
  readonly name = "reference";
  readonly traits: ExecutorTraits;
  readonly #generator: Generator | undefined;
  readonly #memory = new SharedMemory();

  constructor(options: ReferenceOptions) {
    this.traits = traitsOf(options.fuse ?? false);
    this.#generator = options.generate === false ? undefined : makeGenerator();
  }

  prepare(program: Program): PreparedProgram {
    return prepareProgram(program, this, this.#generator, this.#memory);
  }

  createStorage(dtype: DType, length: number): Storage {
    return new ArrayStorage(this, dtype, allocate(dtype, length));
  }
}
