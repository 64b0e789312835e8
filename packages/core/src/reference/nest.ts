/**
 * Loop nests: an index space and operands that walk through it with one stride per axis.
 *
 * Axes of extent 1 vanish, and neighbouring axes become one loop where every operand's strides allow it, so that most
 * nests end up with one or two loops. Loops come in two groups, outer and inner; nothing is merged across the border.
 */

export interface Nest {
  readonly extents: readonly number[];
  /** `strides[operand][loop]` */
  readonly strides: readonly (readonly number[])[];
  /** Number of loops in the outer group. */
  readonly outer: number;
  /** The loop that counts an axis of the index space; −1 for axes of extent 1 and merged ones. */
  readonly loopOf: readonly number[];
}

export interface NestOptions {
  readonly shape: readonly number[];
  /** Axes from the outermost loop to the innermost. */
  readonly outerAxes: readonly number[];
  readonly innerAxes?: readonly number[];
  /** `strides[operand][axis]` */
  readonly strides: readonly (readonly number[])[];
  /** Axes that need a loop of their own because their index is read. */
  readonly keep?: ReadonlySet<number>;
}

export function makeNest(options: NestOptions): Nest {
  const { shape, outerAxes, innerAxes = [], strides, keep = new Set() } = options;
  const extents: number[] = [];
  const loops: number[][] = strides.map(() => []);
  const loopOf = new Array<number>(shape.length).fill(-1);
  let previous = -1;
  const add = (axis: number): void => {
    const extent = shape[axis]!;
    if (extent === 1) return;
    const last = extents.length - 1;
    const kept = keep.has(axis) || keep.has(previous);
    if (previous >= 0 && !kept && loops.every((l, k) => l[last] === extent * strides[k]![axis]!)) {
      extents[last] = extents[last]! * extent;
      for (let k = 0; k < loops.length; k++) loops[k]![last] = strides[k]![axis]!;
    } else {
      extents.push(extent);
      for (let k = 0; k < loops.length; k++) loops[k]!.push(strides[k]![axis]!);
      if (keep.has(axis)) loopOf[axis] = extents.length - 1;
    }
    previous = axis;
  };
  outerAxes.forEach(add);
  const outer = extents.length;
  previous = -1;
  innerAxes.forEach(add);
  return { extents, strides: loops, outer, loopOf };
}

/** The axes of a shape in the order in which `strides` walks through memory: the smallest steps innermost. */
export function memoryOrder(shape: readonly number[], strides: readonly number[]): number[] {
  const axes = shape.map((_, axis) => axis);
  return axes.sort((a, b) => Math.abs(strides[b]!) - Math.abs(strides[a]!) || a - b);
}

/** Runs loops `from` to `to − 1`, calling `visit` with `offsets` (one an operand) and `index` (one a loop) set. */
export function walk(
  nest: Nest,
  from: number,
  to: number,
  offsets: number[],
  index: number[],
  visit: () => void,
): void {
  if (from >= to) {
    visit();
    return;
  }
  const extent = nest.extents[from]!;
  for (let i = 0; i < extent; i++) {
    index[from] = i;
    walk(nest, from + 1, to, offsets, index, visit);
    for (let k = 0; k < offsets.length; k++) offsets[k]! += nest.strides[k]![from]!;
  }
  for (let k = 0; k < offsets.length; k++) offsets[k]! -= extent * nest.strides[k]![from]!;
}

/** Calls `row` for each run of the innermost loop with `offsets` at its start and its number of elements. */
export function forEachRow(nest: Nest, offsets: number[], row: (count: number) => void): void {
  const last = nest.extents.length - 1;
  const count = last < 0 ? 1 : nest.extents[last]!;
  walk(nest, 0, last, offsets, [], () => row(count));
}

/** Step of an operand in the innermost loop. */
export function innerStride(nest: Nest, operand: number): number {
  return nest.strides[operand]!.at(-1) ?? 0;
}
