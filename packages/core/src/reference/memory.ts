/**
 * Memory of the reference executor: the arena that its programs share, and the arrays of variables.
 */

import { MemoryError, ProgramError } from "../errors/errors.ts";
import type { Executor, Storage } from "../run/executor.ts";
import { type DType, holds, type TypedArray } from "../tensor/dtype.ts";

/** One arena for all programs of an executor, which run one after the other. */
export class SharedMemory {
  #buffer = new ArrayBuffer(0);
  #taken = false;

  /** Calls `use` with at least `bytes` of memory; a run inside a run gets memory of its own. */
  lend<T>(bytes: number, use: (memory: ArrayBuffer) => T): T {
    if (this.#taken) return use(this.#allocate(bytes));
    if (this.#buffer.byteLength < bytes) {
      // Gives the old arena up first, so that both need not fit at once.
      this.#buffer = new ArrayBuffer(0);
      this.#buffer = this.#allocate(bytes);
    }
    this.#taken = true;
    try {
      return use(this.#buffer);
    } finally {
      this.#taken = false;
    }
  }

  #allocate(bytes: number): ArrayBuffer {
    try {
      return new ArrayBuffer(bytes);
    } catch (cause) {
      const summary = `the system gives no arena of ${bytes} bytes`;
      throw new MemoryError({ summary, fix: "use a smaller batch, or checkpoint parts of the network", cause });
    }
  }
}

/** A variable's memory: one typed array. */
export class ArrayStorage implements Storage {
  readonly owner: Executor;
  readonly dtype: DType;
  /** The live array: runs write to it. */
  readonly array: TypedArray;

  constructor(owner: Executor, dtype: DType, array: TypedArray) {
    this.owner = owner;
    this.dtype = dtype;
    this.array = array;
  }

  get length(): number {
    return this.array.length;
  }

  /** Copies `data` in. Throws `ProgramError` when dtype or length differ. */
  write(data: TypedArray): void {
    if (!holds(this.dtype, data) || data.length !== this.length) {
      const problem = `${data.constructor.name} of ${data.length} for ${this.length} elements of ${this.dtype}`;
      throw new ProgramError({ summary: "the data does not fit the variable", problems: [problem] });
    }
    this.array.set(data);
  }

  /** Like `readSync`. */
  read(): Promise<TypedArray> {
    return Promise.resolve(this.array);
  }

  /** The live array, which the next run may write to: copy it to keep it. */
  readSync(): TypedArray {
    return this.array;
  }
}
