/**
 * Loop nests over an index space that operands walk with one stride per axis, at generation time: axes of extent 1
 * vanish, and neighbouring axes become one loop where every operand's strides allow it.
 */

export interface Loop {
  readonly extent: number;
  /** Distance in elements for each operand. */
  readonly strides: readonly number[];
  /** The axis that the loop counts, where its index is asked for; else −1. */
  readonly axis: number;
}

export interface NestOptions {
  readonly shape: readonly number[];
  /** Axes from the outermost loop to the innermost. */
  readonly axes: readonly number[];
  /** `strides[operand][axis]` */
  readonly strides: readonly (readonly number[])[];
  /** Axes whose index is read: they stay loops of their own. */
  readonly keep?: ReadonlySet<number>;
}

export function makeLoops({ shape, axes, strides, keep = new Set() }: NestOptions): Loop[] {
  const loops: { extent: number; strides: number[]; axis: number }[] = [];
  for (const axis of axes) {
    const extent = shape[axis]!;
    if (extent === 1) continue;
    const own = strides.map((s) => s[axis]!);
    const last = loops.at(-1);
    const kept = keep.has(axis);
    if (last !== undefined && !kept && last.axis < 0 && own.every((s, k) => last.strides[k] === s * extent)) {
      last.extent *= extent;
      last.strides = own;
    } else {
      loops.push({ extent, strides: own, axis: kept ? axis : -1 });
    }
  }
  return loops;
}

/** Axes in the order in which `strides` walks through memory, largest steps first. */
export function memoryOrder(shape: readonly number[], strides: readonly number[], among?: readonly number[]): number[] {
  const axes = among ?? shape.map((_, axis) => axis);
  return [...axes].sort((a, b) => Math.abs(strides[b]!) - Math.abs(strides[a]!) || a - b);
}

export const sizeOf = (extents: readonly number[]): number => extents.reduce((n, e) => n * e, 1);

/** Strides of a row-major array. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Loops as a part of keys; the first extent is left out where it is a run-time argument. */
export function loopsKey(loops: readonly Loop[], firstIsArgument: boolean): string {
  return loops
    .map(
      ({ extent, strides, axis }, i) =>
        `${i === 0 && firstIsArgument ? "n" : extent}:${strides.join(",")}${axis < 0 ? "" : `@${axis}`}`,
    )
    .join(" ");
}
