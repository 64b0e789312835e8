/**
 * Memory of a variable inside the executor's heap; given back when the variable is collected.
 */

import { byteSize, type DType, type Executor, type Storage, type TypedArray } from "@prewitt/core";
import { Contents } from "./derived.ts";
import type { Heap } from "./heap.ts";

export class WasmStorage implements Storage {
  readonly owner: Executor;
  readonly dtype: DType;
  readonly length: number;
  readonly address: number;
  /** Counts what is written, and knows the forms derived from it. */
  readonly contents: Contents = new Contents();
  readonly #heap: Heap;
  readonly #freed: (storage: WasmStorage) => void;

  /** @param freed Called by `free`, before the memory is given back. */
  constructor(owner: Executor, heap: Heap, dtype: DType, length: number, freed: (storage: WasmStorage) => void) {
    this.owner = owner;
    this.#heap = heap;
    this.#freed = freed;
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
    this.contents.version++;
    this.#heap.write(data, this.dtype, this.address);
  }

  /** Gives the memory back, and that of all forms. Nothing may read the storage afterwards. */
  free(): void {
    this.#freed(this);
    this.#heap.free(this.address);
  }
}
