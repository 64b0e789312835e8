/** Convolution, pooling and resizing of images [N, C, H, W]. */

import { type Tensor, tensor, windowExtent } from "@prewitt/core";
import { functional as F } from "@prewitt/nn";
import type { Call, Operator } from "./call.ts";

type Pair = readonly [number, number];
type Sides = readonly [Pair, Pair];

function images(call: Call, i = 0): Tensor {
  const x = call.tensor(i);
  return x.rank === 4 ? x : call.fail(`input ${i} has rank ${x.rank}; images [N, C, H, W] are supported`);
}

function pair(call: Call, name: string, otherwise?: readonly number[], least = 1): Pair {
  const given = call.ints(name) ?? otherwise ?? call.fail(`the attribute ${name} is missing`);
  if (given.length !== 2) call.fail(`${name} has ${given.length} numbers, 2 are needed`);
  return [call.size(name, given[0] as number, least), call.size(name, given[1] as number, least)];
}

interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
}

function readWindow(call: Call, kernel: Pair): Window {
  return { kernel, stride: pair(call, "strides", [1, 1]), dilation: pair(call, "dilations", [1, 1]) };
}

/** Padding in numbers; SAME_LOWER puts the odd cell first. */
function sides(call: Call, x: Tensor, { kernel, stride, dilation }: Window): Sides {
  const auto = call.text("auto_pad", "NOTSET");
  const given = call.ints("pads") ?? [0, 0, 0, 0];
  if (auto === "NOTSET" || auto === "") {
    if (given.length !== 4) call.fail(`pads has ${given.length} numbers, 4 are needed`);
    const [top, left, bottom, right] = given.map((n) => call.size("pads", n)) as [number, number, number, number];
    return [
      [top, bottom],
      [left, right],
    ];
  }
  if (auto === "VALID")
    return [
      [0, 0],
      [0, 0],
    ];
  if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER") return call.fail(`auto_pad ${auto} is not known`);
  const axis = (i: 0 | 1): Pair => {
    const extent = x.shape[2 + i] as number;
    const covered = (Math.ceil(extent / stride[i]) - 1) * stride[i] + windowExtent(kernel[i], dilation[i]);
    const total = Math.max(0, covered - extent);
    const less = Math.floor(total / 2);
    return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  };
  return [axis(0), axis(1)];
}

function kernelOfWeight(call: Call, weight: Tensor): Pair {
  if (weight.rank !== 4) call.fail(`the weight has rank ${weight.rank}; images are supported`);
  return [weight.shape[2] as number, weight.shape[3] as number];
}

const conv: Operator = (call) => {
  const x = images(call);
  const weight = call.tensor(1);
  const window = readWindow(call, kernelOfWeight(call, weight));
  return F.conv2d(x, weight, {
    stride: window.stride,
    dilation: window.dilation,
    padding: sides(call, x, window),
    groups: call.int("group", 1),
    bias: call.optional(2),
  });
};

const convTranspose: Operator = (call) => {
  const x = images(call);
  const weight = call.tensor(1);
  const window = readWindow(call, kernelOfWeight(call, weight));
  if (call.attribute("output_shape") !== undefined || !["NOTSET", ""].includes(call.text("auto_pad", "")))
    call.fail("output_shape and auto_pad are not supported here");
  return F.convTranspose2d(x, weight, {
    stride: window.stride,
    dilation: window.dilation,
    padding: sides(call, x, window),
    outputPadding: pair(call, "output_padding", [0, 0], 0),
    groups: call.int("group", 1),
    bias: call.optional(2),
  });
};

const maxPool: Operator = (call) => {
  const x = images(call);
  const window = readWindow(call, pair(call, "kernel_shape"));
  const options = { ...window, padding: sides(call, x, window), ceilMode: call.int("ceil_mode", 0) === 1 };
  if ((call.node.output[1] ?? "") === "") return F.maxPool2d(x, options);
  const { y, index } = F.maxPool2dWithIndex(x, options);
  // The file's places count through the whole tensor.
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const planes = Int32Array.from({ length: n * c }, (_, i) => i * h * w);
  return [y, index.add(tensor(planes, { shape: [n, c, 1, 1] }))];
};

const averagePool: Operator = (call) => {
  const x = images(call);
  const window = readWindow(call, pair(call, "kernel_shape"));
  return F.avgPool2d(x, {
    ...window,
    padding: sides(call, x, window),
    ceilMode: call.int("ceil_mode", 0) === 1,
    countIncludePad: call.int("count_include_pad", 0) === 1,
  });
};

const overPlanes = (x: Tensor): number[] => x.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));

/** Factors and the way of counting cells that `resize2d` has. */
const resize: Operator = (call) => {
  const x = images(call);
  const old = call.opset < 11 || call.node.opType === "Upsample";
  const scales = call.has(old ? 1 : 2) ? call.numbers(old ? 1 : 2) : (call.attribute("scales")?.floats ?? []);
  const sizes = !old && call.has(3) ? call.numbers(3) : [];
  const mode = call.text("mode", "nearest");
  const places = old ? "asymmetric" : call.text("coordinate_transformation_mode", "half_pixel");
  const [n, c] = x.shape as [number, number];
  const given = sizes.length > 0 ? sizes : scales;
  if (given.length !== 4 || given[0] !== (sizes.length > 0 ? n : 1) || given[1] !== (sizes.length > 0 ? c : 1))
    call.fail("only H and W can be resized");
  const [vertical, horizontal] = given.slice(2) as [number, number];
  const extent = ([0, 1] as const).map((i) =>
    sizes.length > 0 ? (sizes[2 + i] as number) : Math.floor((x.shape[2 + i] as number) * (scales[2 + i] as number)),
  );
  for (const e of extent) call.size("the size", e, 1);
  const target =
    sizes.length > 0 ? { size: [vertical, horizontal] as const } : { scale: [vertical, horizontal] as const };
  if (mode === "nearest") {
    const floor = old || call.text("nearest_mode", "round_prefer_floor") === "floor";
    if (places === "asymmetric" && floor) return F.resize2d(x, target);
    // A cell that is repeated a whole number of times is the same in every way of counting.
    const whole = ([0, 1] as const).every((i) => Number.isInteger((extent[i] as number) / (x.shape[2 + i] as number)));
    if (whole && places === "half_pixel") return F.resize2d(x, { size: [extent[0] as number, extent[1] as number] });
  } else if (mode === "linear") {
    if (places === "align_corners") return F.resize2d(x, { ...target, mode: "bilinear", alignCorners: true });
    if (places === "half_pixel" || (places === "pytorch_half_pixel" && extent.every((e) => e > 1)))
      return F.resize2d(x, { ...target, mode: "bilinear" });
  }
  return call.fail(`mode ${mode} with coordinates ${places} is not supported`);
};

export const windowOperators: Readonly<Record<string, Operator>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (call) => call.tensor(0).mean({ axis: overPlanes(call.tensor(0)), keepDims: true }),
  GlobalMaxPool: (call) => call.tensor(0).max({ axis: overPlanes(call.tensor(0)), keepDims: true }),
  Resize: resize,
  Upsample: resize,
};
