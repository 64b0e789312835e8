/**
 * Rules that look past their own node: a convolution or a product with the bias behind it, and batch norm in evaluation
 * mode, become one operator each, as exporters of other libraries write them.
 *
 *     add(conv2d(x, w), reshape(b))                                          Conv
 *     add(matmul(x, transpose(w)), reshape(b))                               Gemm
 *     add(mul(sub(x, μ), mul(reciprocal(sqrt(add(σ², ε))), γ)), β)            BatchNormalization
 */

import {
  addOp,
  type ConvKernel,
  type LoweredOp,
  matmulOp,
  mulOp,
  type Node,
  reciprocalOp,
  reshapeOp,
  scalarValue,
  sqrtOp,
  subOp,
  type Tensor,
  transposeOp,
  wholeBuffer,
} from "@prewitt/core";
import { functional as F } from "@prewitt/nn";
import type { Plan, Rule, RuleContext } from "./rule.ts";
import { type Twin, twins } from "./twin.ts";
import { convPlan } from "./windows.ts";

/** The inputs of the node of `t`, when it is this op. */
// biome-ignore lint/suspicious/noExplicitAny: an op of any attributes
function inputsOf(t: Twin | undefined, op: any): readonly Twin[] | undefined {
  if (t === undefined || t.a.node.op !== op || t.a.node.values[t.a.output] !== undefined) return undefined;
  return twins(t.a.node.inputs, t.b.node.inputs);
}

/** The vector [C] behind `[1, C, 1, …]`, for channels along `axis` of a tensor of this rank. */
function channelVector(t: Twin | undefined, rank: number, axis: number): Twin | undefined {
  const vector = inputsOf(t, reshapeOp)?.[0];
  if (vector === undefined || t === undefined || vector.a.rank !== 1 || t.a.rank !== rank) return undefined;
  return t.a.shape.every((n, i) => n === (i === axis ? vector.a.shape[0] : 1)) ? vector : undefined;
}

function convKernel(node: Node): ConvKernel {
  const op = node.op as LoweredOp<never>;
  const inputs = node.inputs.map((t, i) => wholeBuffer(i, t.shape));
  return op.lower({
    inputs,
    outputs: node.tensors.map((t, i) => wholeBuffer(inputs.length + i, t.shape)),
    dtypes: node.inputs.map((t) => t.dtype),
    outputDtypes: node.tensors.map((t) => t.dtype),
    attributes: node.attributes as never,
  }) as ConvKernel;
}

/** Conv or ConvTranspose with its bias. */
function biasedConv(context: RuleContext, y: Twin, added: Twin): Plan | undefined {
  if (y.a.node.op !== F.conv2dOp && y.a.node.op !== F.conv2dInputGradientOp) return undefined;
  const bias = channelVector(added, 4, 1);
  if (bias === undefined || bias.a.shape[0] !== y.a.shape[1] || !context.onlyUse(y.a)) return undefined;
  return convPlan(context, convKernel(y.a.node), twins(y.a.node.inputs, y.b.node.inputs), bias);
}

/** A matrix as Gemm reads it: as it is, or transposed. */
function gemmOperand(t: Twin): readonly [Twin, boolean] {
  const source = inputsOf(t, transposeOp)?.[0];
  return source !== undefined && t.a.rank === 2 && t.a.node.attributes.order?.toString() === "1,0"
    ? [source, true]
    : [t, false];
}

function gemm(context: RuleContext, product: Twin, added: Twin | undefined): Plan | undefined {
  const [x, w] = inputsOf(product, matmulOp) ?? [];
  if (x === undefined || w === undefined || x.a.rank !== 2 || w.a.rank !== 2) return undefined;
  const bias = added === undefined ? undefined : channelVector(added, 2, 1);
  if (added !== undefined && (bias === undefined || !context.onlyUse(product.a))) return undefined;
  const [b, transposed] = gemmOperand(w);
  if (bias === undefined && !transposed) return undefined;
  const inputs = [x, b, ...(bias === undefined ? [] : [bias])];
  return { inputs, emit: (names) => [context.writer.op("Gemm", names, { transB: transposed ? 1 : 0 })] };
}

interface Statistics {
  readonly x: Twin;
  readonly mean: Twin;
  readonly variance: Twin;
  readonly weight: Twin | undefined;
  readonly eps: number;
}

/** x, μ, σ², γ and ε of `t`, when it is batch norm without its shift. */
function normalised(t: Twin): Statistics | undefined {
  const [centred, scale] = inputsOf(t, mulOp) ?? [];
  const [x, m] = inputsOf(centred, subOp) ?? [];
  if (x === undefined || x.a.rank < 2) return undefined;
  const vector = (v: Twin | undefined): Twin | undefined => channelVector(v, x.a.rank, 1);
  const [inner, gamma] = inputsOf(scale, mulOp) ?? [scale, undefined];
  const root = inputsOf(inputsOf(inner, reciprocalOp)?.[0], sqrtOp)?.[0];
  const [v, e] = inputsOf(root, addOp) ?? [];
  const [mean, variance] = [vector(m), vector(v)];
  const weight = gamma === undefined ? undefined : vector(gamma);
  const eps = e === undefined ? undefined : scalarValue(e.a);
  if (mean === undefined || variance === undefined || eps === undefined) return undefined;
  if (gamma !== undefined && weight === undefined) return undefined;
  if (mean.a.shape[0] !== x.a.shape[1] || variance.a.shape[0] !== x.a.shape[1]) return undefined;
  return { x, mean, variance, weight, eps };
}

function batchNorm(context: RuleContext, parts: Statistics, bias: Twin | undefined): Plan {
  const { x, mean, variance, weight, eps } = parts;
  const { writer } = context;
  const { dtype } = x.a as Tensor;
  const channels = x.a.shape[1] as number;
  const given = [x, mean, variance, weight, bias].filter((t) => t !== undefined);
  return {
    inputs: given,
    emit: ([input, m, v, ...rest]) => {
      const fill = (value: number): string => writer.constant(new Array<number>(channels).fill(value), dtype);
      const scale = weight === undefined ? fill(1) : (rest[0] as string);
      const shift = bias === undefined ? fill(0) : (rest[weight === undefined ? 0 : 1] as string);
      const operands = [input, scale, shift, m, v] as string[];
      return [writer.op("BatchNormalization", operands, { epsilon: { float: eps } })];
    },
  };
}

const add: Rule = (context) => {
  const [y, added] = context.inputs;
  if (y === undefined || added === undefined || y.a.node.values[y.a.output] !== undefined) return undefined;
  const joined = biasedConv(context, y, added) ?? gemm(context, y, added);
  if (joined !== undefined) return joined;
  const bias = channelVector(added, y.a.rank, 1);
  const parts = bias === undefined || !context.onlyUse(y.a) ? undefined : normalised(y);
  return parts === undefined || bias?.a.shape[0] !== y.a.shape[1] ? undefined : batchNorm(context, parts, bias);
};

const mul: Rule = (context) => {
  const parts = normalised(context.outputs[0] as Twin);
  return parts === undefined ? undefined : batchNorm(context, parts, undefined);
};

const matmul: Rule = (context) => gemm(context, context.outputs[0] as Twin, undefined);

// biome-ignore lint/suspicious/noExplicitAny: keyed by ops of any attributes
export const joinedRules: readonly (readonly [any, Rule])[] = [
  [addOp, add],
  [mulOp, mul],
  [matmulOp, matmul],
];
