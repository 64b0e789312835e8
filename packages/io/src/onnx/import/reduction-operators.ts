/** Reductions, softmax and normalisation. */

import { argmax, argmin, type Tensor } from "@prewitt/core";
import { functional as F } from "@prewitt/nn";
import type { Call, Operator } from "./call.ts";

type Reduce = (x: Tensor, options: { axis: number[]; keepDims: boolean }) => Tensor;

const reduction =
  (of: Reduce): Operator =>
  (call) => {
    const x = call.tensor(0);
    const axes = call.axes(1, x.rank);
    if (axes?.length === 0 || (axes === undefined && call.int("noop_with_empty_axes", 0) === 1)) return x;
    return of(x, { axis: axes ?? x.shape.map((_, i) => i), keepDims: call.int("keepdims", 1) === 1 });
  };

const extreme =
  (of: typeof argmax): Operator =>
  (call) => {
    const x = call.tensor(0);
    if (call.int("select_last_index", 0) === 1) call.fail("select_last_index is not supported");
    return of(x, { axis: call.axis(call.int("axis", 0), x.rank), keepDims: call.int("keepdims", 1) === 1 });
  };

/** Until operator set 12, all axes from `axis` on were normalised together. */
const softmax =
  (of: (x: Tensor, axes: number[]) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    const old = call.opset < 13;
    const axis = call.axis(call.int("axis", old ? 1 : -1), x.rank);
    return of(x, old ? x.shape.flatMap((_, i) => (i < axis ? [] : [i])) : [axis]);
  };

const batchNorm: Operator = (call: Call) => {
  if (call.int("training_mode", 0) === 1) call.fail("training mode is not supported");
  return F.batchNormInference(call.tensor(0), {
    weight: call.tensor(1),
    bias: call.tensor(2),
    mean: call.tensor(3),
    variance: call.tensor(4),
    eps: call.float("epsilon", 1e-5),
  });
};

const instanceNorm: Operator = (call) => {
  const x = call.tensor(0);
  const options = { weight: call.tensor(1), bias: call.tensor(2), eps: call.float("epsilon", 1e-5) };
  return F.groupNorm(x, { groups: x.shape[1] ?? 1, ...options });
};

const layerNorm: Operator = (call) => {
  const x = call.tensor(0);
  const first = call.axis(call.int("axis", -1), x.rank);
  const axis = x.shape.flatMap((_, i) => (i < first ? [] : [i]));
  return F.layerNorm(x, { axis, weight: call.tensor(1), bias: call.optional(2), eps: call.float("epsilon", 1e-5) });
};

const localResponseNorm: Operator = (call) => {
  const size = call.size("size", call.int("size", 1), 1);
  if (size % 2 === 0) call.fail("a window of an even size is not supported");
  const [alpha, beta, k] = [call.float("alpha", 1e-4), call.float("beta", 0.75), call.float("bias", 1)];
  return F.localResponseNorm(call.tensor(0), { size, alpha, beta, k });
};

export const reductionOperators: Readonly<Record<string, Operator>> = {
  ReduceSum: reduction((x, o) => x.sum(o)),
  ReduceMean: reduction((x, o) => x.mean(o)),
  ReduceMax: reduction((x, o) => x.max(o)),
  ReduceMin: reduction((x, o) => x.min(o)),
  ReduceLogSumExp: reduction((x, o) => F.logSumExp(x, o)),
  ReduceSumSquare: reduction((x, o) => x.square().sum(o)),
  ReduceL1: reduction((x, o) => x.abs().sum(o)),
  ReduceL2: reduction((x, o) => x.square().sum(o).sqrt()),
  ArgMax: extreme(argmax),
  ArgMin: extreme(argmin),
  Softmax: softmax(F.softmax),
  LogSoftmax: softmax(F.logSoftmax),
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  LRN: localResponseNorm,
};
