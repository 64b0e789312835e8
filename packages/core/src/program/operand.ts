/**
 * Operands: a buffer seen through a shape, strides and an offset, all in elements.
 *
 * Views (transpose, broadcast, slice, flip, most reshapes) only make new operands; no kernel runs for them.
 */

import { type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";

export interface Operand {
  /** Number of the buffer in the program. */
  readonly buffer: number;
  readonly shape: Shape;
  /** Distance in elements between neighbours along each axis: 0 repeats, negative runs backwards. */
  readonly strides: readonly number[];
  /** Element of the buffer that index 0 lies at. */
  readonly offset: number;
}

/** Whether the operand reads its elements in row-major order without gaps. */
export function isContiguous(operand: Operand): boolean {
  let stride = 1;
  for (let i = operand.shape.length - 1; i >= 0; i--) {
    const extent = operand.shape[i] as number;
    if (extent !== 1 && operand.strides[i] !== stride) return false;
    stride *= extent;
  }
  return true;
}

/** A whole buffer in row-major order. */
export function wholeBuffer(buffer: number, shape: Shape): Operand {
  return { buffer, shape, strides: stridesOf(shape), offset: 0 };
}

/** The operand stretched to `shape`: axes of size 1 and missing leading axes repeat. */
export function broadcastOperand(operand: Operand, shape: Shape): Operand {
  const missing = shape.length - operand.shape.length;
  const strides = shape.map((n, i) =>
    i < missing || (operand.shape[i - missing] === 1 && n !== 1) ? 0 : (operand.strides[i - missing] as number),
  );
  return { ...operand, shape, strides };
}

export function permuteOperand(operand: Operand, order: readonly number[]): Operand {
  return {
    ...operand,
    shape: order.map((a) => operand.shape[a] as number),
    strides: order.map((a) => operand.strides[a] as number),
  };
}

/**
 * The operand under a new shape of the same size, or `null` where no strides can say it.
 * Runs of old axes that lie without gaps are merged, then cut anew (NumPy's `_attempt_nocopy_reshape`).
 */
export function reshapeOperand(operand: Operand, shape: Shape): Operand | null {
  if (sizeOf(shape) === 0 || isContiguous(operand)) return { ...operand, shape, strides: stridesOf(shape) };
  const old = operand.shape.map((n, i) => ({ n, stride: operand.strides[i] as number })).filter((axis) => axis.n !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let oi = 0;
  let ni = 0;
  while (oi < old.length && ni < shape.length) {
    let oldEnd = oi + 1;
    let newEnd = ni + 1;
    let oldSize = (old[oi] as { n: number }).n;
    let newSize = shape[ni] as number;
    while (oldSize !== newSize) {
      if (newSize < oldSize) newSize *= shape[newEnd++] as number;
      else oldSize *= (old[oldEnd++] as { n: number }).n;
    }
    for (let k = oi; k < oldEnd - 1; k++) {
      const a = old[k] as { n: number; stride: number };
      const b = old[k + 1] as { n: number; stride: number };
      if (a.stride !== b.n * b.stride) return null;
    }
    let stride = (old[oldEnd - 1] as { stride: number }).stride;
    for (let k = newEnd - 1; k >= ni; k--) {
      strides[k] = stride;
      stride *= shape[k] as number;
    }
    oi = oldEnd;
    ni = newEnd;
  }
  return { ...operand, shape, strides };
}

export function sameView(a: Operand, b: Operand): boolean {
  return (
    a.buffer === b.buffer &&
    a.offset === b.offset &&
    a.shape.length === b.shape.length &&
    a.shape.every((n, i) => n === b.shape[i] && (n === 1 || a.strides[i] === b.strides[i]))
  );
}
