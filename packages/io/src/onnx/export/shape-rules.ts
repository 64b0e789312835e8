/** Rules of views, and of base ops that move elements. */

import { broadcastToOp, concatOp, flipOp, meanOp, padOp, reshapeOp, sliceOp, takeOp, transposeOp } from "@prewitt/core";
import { type Rule, type RuleContext, simple } from "./rule.ts";
import { batchMisfit, equalData, shapeOf } from "./twin.ts";

const reshape: Rule = (context) => simple(context, ([x]) => context.writer.reshape(x as string, context.extents()));

const transpose: Rule = (context) => {
  const perm = context.node.attributes.order as readonly number[];
  return simple(context, ([x]) => context.writer.op("Transpose", [x as string], { perm }));
};

/** Extents that the input already has are written as 1, which Expand leaves as they are. */
const broadcastTo: Rule = (context) => {
  const { writer } = context;
  const from = shapeOf(context.input(0));
  const to = context.extents();
  const lead = to.length - from.length;
  const target = to.map((n, i) => (i >= lead && equalData(n, from[i - lead]) ? 1 : n));
  return simple(context, ([x]) => writer.op("Expand", [x as string, writer.shape(target)]));
};

interface Ranges {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly counts: readonly number[];
  readonly drop: readonly number[];
}

/** Stands for "beyond the first element" where a range runs backwards. */
const BEYOND = Number.NEGATIVE_INFINITY;

const slice: Rule = (context) => {
  const { writer } = context;
  const [a, b] = [context.node.attributes, context.twin.attributes] as unknown as readonly [Ranges, Ranges];
  const { a: x, b: y } = context.input(0);
  const whole = (r: Ranges, axis: number, extent: number | undefined): boolean =>
    r.starts[axis] === 0 && r.steps[axis] === 1 && r.counts[axis] === extent;
  const axes = a.starts.flatMap((_, axis) =>
    whole(a, axis, x.shape[axis]) && whole(b, axis, y.shape[axis]) ? [] : [axis],
  );
  for (const axis of axes) {
    if ([a.starts, a.steps, a.counts].some((list, i) => list[axis] !== [b.starts, b.steps, b.counts][i]?.[axis]))
      batchMisfit(context.node, `the range along axis ${axis}`);
  }
  const pick = (list: readonly number[]): number[] => axes.map((axis) => list[axis] as number);
  const starts = pick(a.starts);
  const steps = pick(a.steps);
  const ends = axes.map((axis, i) => {
    const end = (starts[i] as number) + (a.counts[axis] as number) * (steps[i] as number);
    return end < 0 ? BEYOND : end;
  });
  return simple(context, ([given]) => {
    const cut =
      axes.length === 0
        ? (given as string)
        : writer.op("Slice", [given as string, ...[starts, ends, axes, steps].map((v) => writer.ints(v))]);
    return a.drop.length === 0 ? cut : writer.op("Squeeze", [cut, writer.ints(a.drop)]);
  });
};

const flip: Rule = (context) => {
  const { writer } = context;
  const axes = context.node.attributes.axes as readonly number[];
  const bounds = [axes.map(() => -1), axes.map(() => BEYOND), axes, axes.map(() => -1)];
  return simple(context, ([x]) => writer.op("Slice", [x as string, ...bounds.map((v) => writer.ints(v))]));
};

const concat: Rule = (context) =>
  simple(context, (names) => context.writer.op("Concat", names, { axis: context.node.attributes.axis as number }));

const pad: Rule = (context) => {
  const { writer, node } = context;
  const { widths, steps, value } = node.attributes as unknown as {
    widths: readonly (readonly [number, number])[];
    steps: readonly number[];
    value: number;
  };
  if (steps.some((step) => step !== 1)) context.fail({ summary: "ONNX has no operator that pads between elements" });
  const pads = [...widths.map(([before]) => before), ...widths.map(([, after]) => after)];
  const dtype = node.inputs[0]?.dtype ?? "float32";
  return simple(context, ([x]) => writer.op("Pad", [x as string, writer.ints(pads), writer.scalar(value, dtype)]));
};

const take: Rule = (context) =>
  simple(context, (names) => context.writer.op("Gather", names, { axis: context.node.attributes.axis as number }));

/** The mean has the number of its elements in its kernel, which the operator finds itself. */
const mean: Rule = (context) => {
  const { writer } = context;
  const { axes, keepDims } = context.node.attributes as unknown as { axes: readonly number[]; keepDims: boolean };
  const planes = context.node.inputs[0]?.shape.length === 4 && equalData(axes, [2, 3]);
  return simple(context, ([x]) => {
    if (!planes) return writer.reduce("ReduceMean", x as string, axes, keepDims);
    const means = writer.op("GlobalAveragePool", [x as string]);
    return keepDims ? means : writer.op("Flatten", [means], { axis: 1 });
  });
};

// biome-ignore lint/suspicious/noExplicitAny: keyed by ops of any attributes
export const shapeRules: readonly (readonly [any, Rule])[] = [
  [reshapeOp, reshape],
  [transposeOp, transpose],
  [broadcastToOp, broadcastTo],
  [sliceOp, slice],
  [flipOp, flip],
  [concatOp, concat],
  [padOp, pad],
  [takeOp, take],
  [meanOp, mean],
];

/** Ops whose attributes may differ with the batch: their rules look at the shapes. */
export const followsBatch = (context: RuleContext): boolean =>
  [reshapeOp, broadcastToOp, sliceOp].some((op) => op === context.node.op);
