/**
 * The one memory of the executor, and its allocator: variables, inputs, constants, the arena and scratch all lie in it.
 *
 * First fit over a list of free blocks in address order, neighbours joined when freed. Blocks are whole cache lines.
 * The memory grows when no block fits, up to the 4 GiB that 32-bit WebAssembly can address.
 */

import { byteText, type DType, MemoryError, type TypedArray } from "@prewitt/core";

const PAGE = 65536;
const LINE = 64;
const MAX_PAGES = 65536;
/** Growing is dear and moves nothing back: grow by at least this many pages. */
const GROWTH = 256;

interface Block {
  start: number;
  end: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  readonly #free: Block[] = [];
  readonly #sizes = new Map<number, number>();
  /** Gives something back when nothing fits any more; false when there is nothing to give. */
  reclaim: (() => boolean) | undefined;
  #end: number;
  #u8: Uint8Array;
  #i32: Int32Array;
  #f32: Float32Array;
  #f64: Float64Array;

  /** @param reserved Bytes at the start that are not handed out. */
  constructor(shared: boolean, reserved: number) {
    this.shared = shared;
    const initial = Math.max(16, Math.ceil(reserved / PAGE));
    this.memory = new WebAssembly.Memory(
      shared ? { initial, maximum: MAX_PAGES, shared } : { initial, maximum: MAX_PAGES },
    );
    this.#end = initial * PAGE;
    this.#free.push({ start: Math.ceil(reserved / LINE) * LINE, end: this.#end });
    const { buffer } = this.memory;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }

  /** Bytes that the memory has grown to. */
  get bytes(): number {
    return this.#end;
  }

  get u8(): Uint8Array {
    return this.#u8;
  }
  get i32(): Int32Array {
    return this.#i32;
  }

  /** Address of `bytes` fresh bytes, at a cache line. Throws `MemoryError` at 4 GiB. */
  allocate(bytes: number): number {
    const size = Math.max(LINE, Math.ceil(bytes / LINE) * LINE);
    let at = this.#place(size);
    while (at < 0 && !this.#canGrow(size) && this.reclaim?.() === true) at = this.#place(size);
    if (at < 0) at = this.#grow(size);
    const block = this.#free[at] as Block;
    const start = block.start;
    block.start += size;
    if (block.start === block.end) this.#free.splice(at, 1);
    this.#sizes.set(start, size);
    return start;
  }

  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) return;
    this.#sizes.delete(address);
    const end = address + size;
    let at = this.#free.findIndex((b) => b.start > address);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { start: address, end });
    this.#join(at);
    this.#join(at - 1);
  }

  /** Joins block `at` with the next one where they touch. */
  #join(at: number): void {
    const block = this.#free[at];
    const next = this.#free[at + 1];
    if (block === undefined || next === undefined || block.end !== next.start) return;
    block.end = next.end;
    this.#free.splice(at + 1, 1);
  }

  #place(size: number): number {
    return this.#free.findIndex((b) => b.end - b.start >= size);
  }

  /** Bytes that are free at the end. */
  get #tail(): number {
    const last = this.#free.at(-1);
    return last !== undefined && last.end === this.#end ? last.end - last.start : 0;
  }

  #canGrow(size: number): boolean {
    return size - this.#tail <= MAX_PAGES * PAGE - this.#end;
  }

  #grow(size: number): number {
    const last = this.#free.at(-1);
    const have = this.#tail;
    const pages = Math.ceil((size - have) / PAGE);
    const room = MAX_PAGES - this.#end / PAGE;
    if (pages > room) {
      throw new MemoryError({
        summary: `${byteText(size)} more do not fit into the 4 GiB of WebAssembly memory`,
        problems: [`${byteText(this.#end)} are in use or fragmented`],
        fix: "use a smaller batch, or checkpoint() around the largest blocks",
      });
    }
    const added = Math.min(room, Math.max(pages, GROWTH));
    this.memory.grow(added);
    const end = this.#end + added * PAGE;
    const { buffer } = this.memory;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    if (have > 0) (last as Block).end = end;
    else this.#free.push({ start: this.#end, end });
    this.#end = end;
    return this.#free.length - 1;
  }

  /** Elements at an address, as a view that stays valid until the memory grows. */
  view(dtype: DType, address: number, length: number): TypedArray {
    switch (dtype) {
      case "float32":
        return this.#f32.subarray(address >>> 2, (address >>> 2) + length);
      case "float64":
        return this.#f64.subarray(address >>> 3, (address >>> 3) + length);
      case "int32":
        return this.#i32.subarray(address >>> 2, (address >>> 2) + length);
      default:
        return this.#u8.subarray(address, address + length);
    }
  }

  /** Copies an array of the dtype to an address. */
  write(data: TypedArray, dtype: DType, address: number): void {
    switch (dtype) {
      case "float32":
        this.#f32.set(data, address >>> 2);
        return;
      case "float64":
        this.#f64.set(data, address >>> 3);
        return;
      case "int32":
        this.#i32.set(data, address >>> 2);
        return;
      default:
        this.#u8.set(data, address);
    }
  }

  /** Copies elements out into a fresh array. */
  copyOut(dtype: DType, address: number, length: number): TypedArray {
    return this.view(dtype, address, length).slice();
  }
}
