/** Rules of ops that ONNX has an operator for: activations, softmax, normalisation, resizing. */

import { clampOp } from "@prewitt/core";
import { functional as F } from "@prewitt/nn";
import { type Rule, type RuleContext, simple } from "./rule.ts";

/** An operator with fixed attributes over the op's first input. */
const operator =
  (type: string, attributes: Parameters<RuleContext["writer"]["op"]>[2] = {}): Rule =>
  ({ inputs: [x], writer }) =>
    x === undefined ? undefined : { inputs: [x], emit: (names) => [writer.op(type, names, attributes)] };

const relu6: Rule = (context) => {
  const { writer, node } = context;
  const { dtype } = node.tensors[0] as { dtype: "float32" | "float64" };
  return simple(context, ([x]) => writer.op("Clip", [x as string, writer.scalar(0, dtype), writer.scalar(6, dtype)]));
};

/** Bounds are inputs of Clip, and must be scalars. */
const clip: Rule = (context) => {
  if (context.node.inputs.slice(1).some((t) => t.rank !== 0)) return undefined;
  return simple(context, (names) => context.writer.op("Clip", names));
};

const leakyRelu: Rule = (context) => {
  const { writer, inputs } = context;
  const slope = context.number(1);
  const [x] = inputs;
  if (slope === undefined || x === undefined) return simple(context, (names) => writer.op("PRelu", names));
  return { inputs: [x], emit: (names) => [writer.op("LeakyRelu", names, { alpha: { float: slope } })] };
};

const elu: Rule = (context) => {
  const alpha = context.number(1);
  return alpha === undefined ? undefined : operator("Elu", { alpha: { float: alpha } })(context);
};

const hardSwish: Rule = (context) => (context.writer.opset < 14 ? undefined : operator("HardSwish")(context));

const axesOf = (context: RuleContext): readonly number[] => context.node.attributes.axes as readonly number[];

const softmax =
  (type: string): Rule =>
  (context) => {
    const [axis, ...more] = axesOf(context);
    return axis === undefined || more.length > 0 ? undefined : operator(type, { axis })(context);
  };

const logSumExp: Rule = (context) =>
  simple(context, ([x]) =>
    context.writer.reduce("ReduceLogSumExp", x as string, axesOf(context), context.node.attributes.keepDims === true),
  );

/** The operator normalises over the last axes, with a scale. */
const layerNorm: Rule = (context) => {
  const { node, writer } = context;
  const axes = axesOf(context);
  const rank = node.inputs[0]?.rank ?? 0;
  const last = axes.every((axis, i) => axis === rank - axes.length + i);
  if (!last || node.inputs.length < 3 || writer.opset < 17) return undefined;
  const attributes = { axis: axes[0] ?? 0, epsilon: { float: node.attributes.eps as number } };
  return simple(context, (names) => writer.op("LayerNormalization", names, attributes));
};

/** An even window lies differently around its channel. */
const localResponseNorm: Rule = (context) => {
  const { size, alpha, beta, k } = context.node.attributes as Readonly<Record<string, number>>;
  if (size === undefined || size % 2 === 0 || context.node.inputs[0]?.rank !== 4) return undefined;
  const [a, b, c] = [alpha, beta, k].map((float) => ({ float: float as number })) as [
    { float: number },
    { float: number },
    { float: number },
  ];
  return operator("LRN", { size, alpha: a, beta: b, bias: c })(context);
};

const pixelShuffle: Rule = (context) =>
  operator("DepthToSpace", { blocksize: context.node.attributes.factor as number, mode: "CRD" })(context);

const adaptiveAvgPool2d: Rule = (context) => {
  const [rows, columns] = context.node.attributes.size as readonly [number, number];
  return rows === 1 && columns === 1 ? operator("GlobalAveragePool")(context) : undefined;
};

interface Resize {
  readonly mode: "nearest" | "bilinear";
  readonly size: readonly [number, number];
  readonly ratio: readonly [number, number];
  readonly alignCorners: boolean;
}

/** Whether cell ⌊p · ratio⌋ is what a runtime finds that divides by the scale in float32. */
function sameCells(extent: number, size: number, ratio: number): boolean {
  const scale = Math.fround(1 / ratio);
  for (let p = 0; p < size; p++) {
    const cell = Math.min(extent - 1, Math.floor(p * ratio));
    if (Math.min(extent - 1, Math.floor(Math.fround(p / scale))) !== cell) return false;
  }
  return Math.floor(Math.fround(extent * scale)) === size;
}

/** Scales rather than sizes: they carry the ratio that the coordinates come from. Else the expansion, which is exact. */
const resize2d: Rule = (context) => {
  const { writer, node } = context;
  const { mode, size, ratio, alignCorners } = node.attributes as unknown as Resize;
  const extents = node.inputs[0]?.shape.slice(2) as [number, number];
  const scales = ratio.map((r) => 1 / r);
  const sized = scales.every((s, i) => Math.floor(Math.fround(extents[i] as number) * Math.fround(s)) === size[i]);
  if (mode === "nearest" && !size.every((n, i) => sameCells(extents[i] as number, n, ratio[i] as number)))
    return undefined;
  const bySize = size.every((n, i) => (extents[i] as number) / n === ratio[i]);
  if (!sized && !bySize) return undefined;
  const attributes =
    mode === "nearest"
      ? { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
      : { mode: "linear", coordinate_transformation_mode: alignCorners ? "align_corners" : "half_pixel" };
  return simple(context, ([x]) => {
    if (sized) return writer.op("Resize", [x as string, "", writer.constant([1, 1, ...scales], "float32")], attributes);
    const target = writer.shape(context.extents());
    return writer.op("Resize", [x as string, "", "", target], attributes);
  });
};

// biome-ignore lint/suspicious/noExplicitAny: keyed by ops of any attributes
export const operatorRules: readonly (readonly [any, Rule])[] = [
  [F.reluOp, operator("Relu")],
  [F.relu6Op, relu6],
  [F.hardTanhOp, clip],
  [clampOp, clip],
  [F.leakyReluOp, leakyRelu],
  [F.eluOp, elu],
  [F.seluOp, operator("Selu")],
  [F.softplusOp, operator("Softplus")],
  [F.softsignOp, operator("Softsign")],
  [F.hardSigmoidOp, operator("HardSigmoid", { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
  [F.hardSwishOp, hardSwish],
  [F.softmaxOp, softmax("Softmax")],
  [F.logSoftmaxOp, softmax("LogSoftmax")],
  [F.logSumExpOp, logSumExp],
  [F.layerNormOp, layerNorm],
  [F.localResponseNormOp, localResponseNorm],
  [F.pixelShuffleOp, pixelShuffle],
  [F.adaptiveAvgPool2dOp, adaptiveAvgPool2d],
  [F.resize2dOp, resize2d],
];
