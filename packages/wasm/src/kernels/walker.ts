/**
 * Generated code that steps through a loop nest: pointers of all operands and the loop counters, moved together. The
 * first loop may have any extent: whoever walks knows when to stop.
 */

import { i32, type Local } from "../assembler/index.ts";
import type { Emitter, Index } from "./emitter.ts";
import type { Loop } from "./nest.ts";

export class Walker {
  readonly #e: Emitter;
  readonly #loops: readonly Loop[];
  readonly #bytes: readonly number[];
  readonly #counters: readonly (Local<"i32"> | undefined)[];
  /** Where each operand stands, as a byte address. */
  readonly pointers: readonly Local<"i32">[];

  /** `bytes[operand]`: size of an element. Operands that never move share the base that `seek` gets. */
  constructor(e: Emitter, loops: readonly Loop[], bytes: readonly number[]) {
    this.#e = e;
    this.#loops = loops;
    this.#bytes = bytes;
    this.pointers = bytes.map(() => e.local("i32"));
    // The first loop needs no counter unless its index is read.
    this.#counters = loops.map(({ axis }, i) => (i > 0 || axis >= 0 ? e.local("i32") : undefined));
  }

  /** The index along an axis that has a loop of its own; `undefined` for other axes. */
  indexOf(axis: number): Local<"i32"> | undefined {
    const loop = this.#loops.findIndex((l) => l.axis === axis);
    return loop < 0 ? undefined : this.#counters[loop];
  }

  #move(operand: number, loop: number): number {
    return this.#loops[loop]!.strides[operand]! * this.#bytes[operand]!;
  }

  /** Goes to point `position` of the nest (loops taken as digits, the last one fastest) from the operands' `bases`. */
  seek(bases: readonly Index[], position: Index): void {
    const { f } = this.#e;
    this.pointers.forEach((pointer, k) => {
      f.set(pointer, bases[k]!);
    });
    if (position.constant === 0) {
      for (const counter of this.#counters) if (counter !== undefined) f.set(counter, 0);
      return;
    }
    this.#e.scope(() => {
      const rest = this.#e.variable(position);
      for (let i = this.#loops.length - 1; i >= 0; i--) {
        const extent = this.#loops[i]!.extent;
        const counter = this.#counters[i] ?? this.#e.local("i32");
        if (i === 0) f.set(counter, rest);
        else {
          f.set(counter, i32.remU(rest, extent));
          f.set(rest, i32.divU(rest, extent));
        }
        this.pointers.forEach((pointer, k) => {
          const move = this.#move(k, i);
          if (move !== 0) f.set(pointer, i32.add(pointer, i32.mul(counter, move)));
        });
      }
    });
  }

  /** Goes to the next point. */
  advance(): void {
    if (this.#loops.length > 0)
      this.#advance(
        this.#loops.length - 1,
        this.pointers.map(() => 0),
      );
  }

  /** `back[operand]`: bytes that the loops inside have moved and must be taken back with this step. */
  #advance(loop: number, back: readonly number[]): void {
    const { f } = this.#e;
    this.pointers.forEach((pointer, k) => {
      f.increment(pointer, this.#move(k, loop) - back[k]!);
    });
    const counter = this.#counters[loop];
    if (counter !== undefined) f.increment(counter, 1);
    if (loop === 0) return;
    const extent = this.#loops[loop]!.extent;
    f.if(i32.eq(counter!, extent), () => {
      f.set(counter!, 0);
      this.#advance(
        loop - 1,
        this.pointers.map((_, k) => this.#move(k, loop) * extent),
      );
    });
  }
}
