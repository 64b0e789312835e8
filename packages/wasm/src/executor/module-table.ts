/**
 * The modules that workers are to have, as a table in shared memory: three words a slot, the address and the length of a
 * module's bytes and a generation, odd while there is a module.
 *
 * Workers read it at any time, and never hold up the main thread. So a worker copies the bytes and then looks at the
 * generation again: if that has changed meanwhile, so has the version, and it looks once more later. Modules change
 * between jobs only, so there is nothing that it could miss.
 */

import { control } from "./control.ts";
import type { Heap } from "./heap.ts";

const WORDS = 3;

export class ModuleTable {
  readonly #heap: Heap;
  readonly #control: Int32Array;
  readonly #free: number[] = [];
  #capacity = 256;
  #address: number;
  #slots = 0;

  constructor(heap: Heap, words: Int32Array) {
    this.#heap = heap;
    this.#control = words;
    this.#address = heap.allocate(this.#capacity * WORDS * 4);
    heap.i32.fill(0, this.#address >>> 2, (this.#address >>> 2) + this.#capacity * WORDS);
    Atomics.store(words, control.MODULE_TABLE, this.#address);
  }

  /** Adds a module; gives its slot. */
  add(bytes: Uint8Array): number {
    const address = this.#heap.allocate(bytes.length);
    this.#heap.u8.set(bytes, address);
    const slot = this.#free.pop() ?? this.#slots;
    if (slot === this.#capacity) this.#grow();
    const at = (this.#address >>> 2) + slot * WORDS;
    const words = this.#heap.i32;
    Atomics.store(words, at, address);
    Atomics.store(words, at + 1, bytes.length);
    Atomics.add(words, at + 2, 1);
    if (slot === this.#slots) Atomics.store(this.#control, control.SLOTS, ++this.#slots);
    Atomics.add(this.#control, control.VERSION, 1);
    return slot;
  }

  /** Takes a module away. No job may need it any more. */
  drop(slot: number): void {
    const at = (this.#address >>> 2) + slot * WORDS;
    const words = this.#heap.i32;
    Atomics.add(words, at + 2, 1);
    this.#heap.free(Atomics.load(words, at) >>> 0);
    this.#free.push(slot);
    Atomics.add(this.#control, control.VERSION, 1);
  }

  /** Workers may be reading the old table: it is left in place. */
  #grow(): void {
    const bytes = this.#capacity * WORDS * 4;
    const next = this.#heap.allocate(2 * bytes);
    this.#heap.u8.copyWithin(next, this.#address, this.#address + bytes);
    this.#heap.u8.fill(0, next + bytes, next + 2 * bytes);
    this.#capacity *= 2;
    this.#address = next;
    Atomics.store(this.#control, control.MODULE_TABLE, next);
  }
}
