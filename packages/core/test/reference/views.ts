/**
 * Strided views for tests, and the slow way to read and write them: one multi-index at a time.
 */

import fc from "fast-check";
import type { Operand } from "../../src/program/operand.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** How a view lies in memory; lists are as long as the rank is at most. */
export interface Layout {
  /** Sort keys: axes with smaller keys are slower in memory. */
  readonly keys: readonly number[];
  readonly flips: readonly boolean[];
  /** Elements skipped between neighbours. */
  readonly gaps: readonly number[];
  /** Axes that repeat one element (stride 0). */
  readonly repeats: readonly boolean[];
  readonly offset: number;
}

const RANK = 5;

export const contiguous: Layout = {
  keys: [0, 1, 2, 3, 4],
  flips: [false, false, false, false, false],
  gaps: [0, 0, 0, 0, 0],
  repeats: [false, false, false, false, false],
  offset: 0,
};

const strided: fc.Arbitrary<Layout> = fc.record({
  keys: fc.array(fc.nat(9), { minLength: RANK, maxLength: RANK }),
  flips: fc.array(fc.boolean(), { minLength: RANK, maxLength: RANK }),
  gaps: fc.array(fc.constantFrom(0, 0, 1), { minLength: RANK, maxLength: RANK }),
  repeats: fc.array(
    fc.nat(3).map((n) => n === 3),
    { minLength: RANK, maxLength: RANK },
  ),
  offset: fc.nat(3),
});

/** Any layout; row-major ones often, since their axes become one loop. */
export const layouts: fc.Arbitrary<Layout> = fc.oneof(fc.constant(contiguous), strided, strided);

/** Strides, offset and buffer length of a view. */
export function place(shape: readonly number[], layout: Layout): { strides: number[]; offset: number; length: number } {
  const order = shape.map((_, axis) => axis).sort((a, b) => layout.keys[b]! - layout.keys[a]! || b - a);
  const strides = new Array<number>(shape.length).fill(0);
  let { offset } = layout;
  let step = 1;
  for (const axis of order) {
    if (layout.repeats[axis]) continue;
    const stride = step * (1 + layout.gaps[axis]!);
    const extent = Math.max(1, shape[axis]!);
    strides[axis] = layout.flips[axis] ? -stride : stride;
    if (layout.flips[axis]) offset += (extent - 1) * stride;
    step = stride * extent;
  }
  return { strides, offset, length: step + layout.offset };
}

/** A view of a fresh input buffer filled from `values`, which repeat. */
export function inputView(
  b: ProgramBuilder,
  dtype: DType,
  shape: readonly number[],
  layout: Layout,
  values: readonly number[],
): { operand: Operand; data: number[] } {
  const { strides, offset, length } = place(shape, layout);
  const data = Array.from({ length }, (_, i) => values[i % values.length]!);
  return { operand: { ...b.input(dtype, [length], data), shape, strides, offset }, data };
}

/** A view of a fresh temporary buffer; what the view does not cover must be ignored. */
export function temporaryView(b: ProgramBuilder, dtype: DType, shape: readonly number[], layout: Layout): Operand {
  const { strides, offset, length } = place(shape, { ...layout, repeats: contiguous.repeats });
  return { ...b.temporary(dtype, [length]), shape, strides, offset };
}

/** The element at a multi-index; missing leading axes count as broadcast. */
export function at(view: { operand: Operand; data: readonly number[] }, index: readonly number[]): number {
  let position = view.operand.offset;
  index.forEach((i, axis) => {
    position += i * view.operand.strides[axis]!;
  });
  return view.data[position]!;
}

/** All multi-indices in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, n) => {
    const index: number[] = [];
    let rest = n;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return index;
  });
}

/** Number of a multi-index in row-major order. */
export function ordinal(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((n, i, axis) => n * shape[axis]! + i, 0);
}

export const float32s = (n: number): fc.Arbitrary<number[]> =>
  fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: n, maxLength: n });

/** Numbers whose sums and products are exact in float32, so that any order of summation gives the same. */
export const smallInts = (n: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -4, max: 4 }), { minLength: n, maxLength: n });
