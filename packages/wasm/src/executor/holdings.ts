/**
 * Memory that programs hold between runs: copies of their inputs, words for their errors. Programs outnumber what fits
 * (the plan cache keeps hundreds, for any sizes of inputs), so those that have not run for longest give theirs back when
 * the sum passes a budget or the heap is full, and take memory anew when they run again. A program that is collected
 * gives back what it held.
 */

import type { TypedArray } from "@prewitt/core";
import type { Heap } from "./heap.ts";

/** Most bytes that programs hold together, the one that runs aside. */
const BUDGET = 512 * 2 ** 20;

/** The blocks of one program. */
export class Holding {
  readonly addresses: readonly number[];
  readonly bytes: number;
  /** The arrays that the inputs were copied from last. */
  readonly bound: (TypedArray | undefined)[];
  /** False once the memory was given back. */
  live = true;

  constructor(addresses: readonly number[], bytes: number) {
    this.addresses = addresses;
    this.bytes = bytes;
    this.bound = addresses.map(() => undefined);
  }
}

export class Holdings {
  readonly #heap: Heap;
  /** Those used longest ago first. */
  readonly #live = new Set<Holding>();
  readonly #dropped = new FinalizationRegistry<Holding>((holding) => this.release(holding));
  #latest: Holding | undefined;
  /** Bytes that are held. */
  bytes = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
    heap.reclaim = () => this.#releaseOldest();
  }

  /** Blocks of the given sizes for `owner`; its earlier holding, if any, must be dead. */
  take(owner: object, sizes: readonly number[]): Holding {
    this.#latest = undefined;
    const addresses: number[] = [];
    try {
      for (const bytes of sizes) addresses.push(this.#heap.allocate(bytes));
    } catch (error) {
      for (const address of addresses) this.#heap.free(address);
      throw error;
    }
    const holding = new Holding(
      addresses,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    );
    this.#live.add(holding);
    this.bytes += holding.bytes;
    this.#dropped.register(owner, holding);
    this.touch(holding);
    while (this.bytes > BUDGET && this.#live.size > 1) this.#releaseOldest();
    return holding;
  }

  /** Marks a holding as the one in use. */
  touch(holding: Holding): void {
    if (holding === this.#latest) return;
    this.#latest = holding;
    this.#live.delete(holding);
    this.#live.add(holding);
  }

  release(holding: Holding): void {
    if (!holding.live) return;
    holding.live = false;
    holding.bound.fill(undefined);
    this.#live.delete(holding);
    this.bytes -= holding.bytes;
    for (const address of holding.addresses) this.#heap.free(address);
  }

  /** Whether there was one besides the one in use. */
  #releaseOldest(): boolean {
    for (const holding of this.#live) {
      if (holding === this.#latest) continue;
      this.release(holding);
      return true;
    }
    return false;
  }
}
