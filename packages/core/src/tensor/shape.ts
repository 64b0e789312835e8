/**
 * Arithmetic on shapes: sizes, row-major strides, axis numbers and broadcasting.
 *
 * Broadcasting is deliberately narrow: operands of equal rank, where an axis of size 1 stretches, and scalars
 * (rank 0) against anything. Ranks are never padded, so `[N, C] + [C]` is an error instead of a surprise.
 */

/** Extents of a tensor, outermost axis first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements: the product of the extents, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i] as number;
  return size;
}

/** Strides, in elements, of a contiguous row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] as number;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape two operands broadcast to, or `undefined` where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  if (a.length !== b.length) return undefined;
  if (sameShape(a, b)) return a;
  const out: number[] = [];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** `axis` counted from the front: −1 is the last axis. `undefined` when it is no axis of the rank. */
export function wrapAxis(axis: number, rank: number): number | undefined {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) return undefined;
  return axis < 0 ? axis + rank : axis;
}

/** `[2, 3, 4]` */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
