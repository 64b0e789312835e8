/** Memory in which the kernels of a program report errors: four words for each kernel that may find one in the values. */

import type { Program, Kernel as ProgramKernel } from "@prewitt/core";
import { raiseError, usesErrors } from "./errors.ts";
import type { Heap } from "./heap.ts";

const WORDS = 4;

export class ErrorWords {
  /** Where they lie now. */
  address = 0;
  readonly #program: Program;
  readonly #heap: Heap;
  readonly #kernels: readonly number[];

  constructor(program: Program, heap: Heap) {
    this.#program = program;
    this.#heap = heap;
    this.#kernels = program.kernels.flatMap((kernel, i) => (usesErrors(kernel) ? [i] : []));
  }

  /** Whether any kernel may report an error. */
  get needed(): boolean {
    return this.#kernels.length > 0;
  }

  get bytes(): number {
    return this.#kernels.length * WORDS * 4;
  }

  addressOf(kernel: number): number {
    return this.address + this.#kernels.indexOf(kernel) * WORDS * 4;
  }

  /** Before every run. */
  clear(): void {
    this.#heap.i32.fill(0, this.address >>> 2, (this.address + this.bytes) >>> 2);
  }

  /** Throws the first error that was reported. */
  check(): void {
    const words = this.#heap.i32;
    for (const kernel of this.#kernels) {
      const at = this.addressOf(kernel) >>> 2;
      if (words[at] === 0) continue;
      raiseError(this.#program, this.#program.kernels[kernel] as ProgramKernel, words.slice(at, at + WORDS));
    }
  }
}
