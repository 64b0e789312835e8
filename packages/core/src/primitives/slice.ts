/**
 * Ranges along axes, with steps: a view.
 *
 * y[q] = x[start_a + q_a · step_a] along each axis a; a step may be negative. Axes given by a number are dropped.
 */

import { ShapeError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import type { SliceRange } from "../tensor/methods-type.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { padOp } from "./pad.ts";

interface SliceAttributes extends Attributes {
  /** First element an axis of x. */
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  /** Number of elements an axis of x. */
  readonly counts: readonly number[];
  /** Axes of x, of count 1, that y does not have; rising. */
  readonly drop: readonly number[];
}

export const sliceOp = defineOp<SliceAttributes>({
  name: "slice",
  inputNames: ["x"],
  infer: ({ inputs, attributes: { counts, drop } }) => ({
    shape: counts.filter((_, axis) => !drop.includes(axis)),
    dtype: (inputs[0] as TensorSpec).dtype,
  }),
  flops: () => 0,
  // x̄[start + q · step] = ȳ[q], 0 at places that y does not show: ȳ spread out by the step and padded to the extent of x.
  // Along an axis with a negative step, ȳ is flipped first, so that it lies in the order of x.
  vjp: ({ inputs: [x], dy, attributes: { starts, steps, counts } }) => {
    const { shape } = x as Tensor;
    const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
    const full = dy.reshape(counts);
    const forwards = backwards.length === 0 ? full : full.flip(backwards);
    const widths = shape.map((extent, axis): [number, number] => {
      const count = counts[axis] as number;
      if (count === 0) return [0, extent];
      const ends = [starts[axis] as number, (starts[axis] as number) + (count - 1) * (steps[axis] as number)];
      return [Math.min(...ends), extent - 1 - Math.max(...ends)];
    });
    return [padOp.apply([forwards], { widths, steps: steps.map(Math.abs), value: 0 })];
  },
  view: (x, { starts, steps, counts, drop }) => {
    const kept = counts.flatMap((_, axis) => (drop.includes(axis) ? [] : [axis]));
    const empty = counts.includes(0);
    return {
      buffer: x.buffer,
      shape: kept.map((axis) => counts[axis] as number),
      strides: kept.map((axis) => (x.strides[axis] as number) * (steps[axis] as number)),
      offset: empty
        ? x.offset
        : starts.reduce((offset, start, axis) => offset + start * (x.strides[axis] as number), x.offset),
    };
  },
});

interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

interface Misfit {
  readonly problem: string;
  readonly fix: string;
}

/** A range as start, step and count, or what is wrong with it. */
function readRange(range: SliceRange, extent: number): Range | Misfit {
  if (range === null) return { start: 0, step: 1, count: extent };
  if (typeof range === "number") {
    const at = range < 0 ? range + extent : range;
    if (Number.isInteger(at) && at >= 0 && at < extent) return { start: at, step: 1, count: 1 };
    return { problem: `no element ${range} among ${extent}`, fix: `use an integer from ${-extent} to ${extent - 1}` };
  }
  const [from, to, step = 1] = range as readonly [number | null, number | null, number?];
  const shown = `[${from}, ${to}${step === 1 ? "" : `, ${step}`}]`;
  if (!Number.isInteger(step) || step === 0)
    return { problem: `${shown}: step ${step}`, fix: "use an integer step other than 0" };
  const wrap = (n: number): number => (n < 0 ? n + extent : n);
  const first = from === null ? (step > 0 ? 0 : extent - 1) : wrap(from);
  const end = to === null ? (step > 0 ? extent : -1) : wrap(to);
  const last = step > 0 ? extent : extent - 1;
  const inside = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= last;
  if ((from !== null && !inside(first)) || (to !== null && !inside(end))) {
    return {
      problem: `${shown} is not within ${extent} elements`,
      fix: `use integers from ${-extent} to ${last}, or null`,
    };
  }
  if ((end - first) / step < 0) return { problem: `${shown} runs against its step`, fix: `use a step of ${-step}` };
  return { start: first, step, count: Math.ceil((end - first) / step) };
}

/**
 * Part of `x`: one range an axis, all of the axes that are left over. A range is `[start, stop]` or
 * `[start, stop, step]` without its stop, a number (one element; the axis is dropped), or `null` (the whole axis).
 * Negative bounds count from the end, `null` bounds reach to it; a negative step runs backwards.
 * Throws `ShapeError` for bounds outside the axis: ranges are never cut to fit.
 *
 * @example
 * x.slice(0)                        // first image of [N, C, H, W]: [C, H, W]
 * x.slice(null, [0, 3], [null, null, 2]) // three channels, every other row
 * x.slice([null, null, -1])          // the images in reverse
 */
export function slice(x: Tensor, ...ranges: readonly SliceRange[]): Tensor {
  const { shape } = x;
  if (ranges.length > shape.length) {
    throw misfit(x, `${ranges.length} ranges for ${shape.length} axes`, [], "give at most one range an axis");
  }
  const read = shape.map((extent, axis) => readRange(ranges[axis] ?? null, extent));
  const bad = read.flatMap((range, axis) => ("problem" in range ? [{ ...range, axis }] : []));
  if (bad.length > 0) {
    const problems = bad.map(({ axis, problem }) => `axis ${axis}: ${problem}`);
    throw misfit(x, "ranges do not fit", problems, `axis ${bad[0]?.axis}: ${bad[0]?.fix}`);
  }
  const good = read as readonly Range[];
  const drop = ranges.flatMap((range, axis) => (typeof range === "number" ? [axis] : []));
  if (drop.length === 0 && good.every((r, axis) => r.step === 1 && r.count === shape[axis])) return x;
  return sliceOp.apply([x], {
    starts: good.map((r) => r.start),
    steps: good.map((r) => r.step),
    counts: good.map((r) => r.count),
    drop,
  });
}

function misfit(x: Tensor, summary: string, problems: readonly string[], fix: string): ShapeError {
  const operands = [{ name: "x", shape: x.shape, dtype: x.dtype }];
  return locate(new ShapeError({ op: "slice", summary, operands, problems, fix }));
}
