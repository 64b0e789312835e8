/**
 * Memory of a variable inside the executor's heap; given back when the variable is collected.
 */

import { byteSize, type DType, type Executor, type Storage, type TypedArray } from "@prewitt/core";
import type { Heap } from "./heap.ts";

export class WasmStorage implements Storage {
  readonly owner: Executor;
  readonly dtype: DType;
  readonly length: number;
  readonly address: number;
  readonly #heap: Heap;

  constructor(owner: Executor, heap: Heap, dtype: DType, length: number) {
    this.owner = owner;
    this.#heap = heap;
    this.dtype = dtype;
    this.length = length;
    this.address = heap.allocate(length * byteSize(dtype));
  }

  /** The live memory: callers copy what they keep. */
  readSync(): TypedArray {
    return this.#heap.view(this.dtype, this.address, this.length);
  }

  read(): Promise<TypedArray> {
    return Promise.resolve(this.readSync());
  }

  write(data: TypedArray): void {
    this.#heap.write(data, this.dtype, this.address);
  }

  free(): void {
    this.#heap.free(this.address);
  }
}
