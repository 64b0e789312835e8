/**
 * Receptive field: how many input pixels, along each axis, an element of a tensor can depend on.
 *
 * Along a path, with extent k_eff = dilation (k − 1) + 1 of a window, r the field and j the distance in input pixels
 * between neighbouring elements (W. Luo et al., "Understanding the effective receptive field", NIPS 2016; A. Araujo,
 * W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", Distill 2019):
 *
 *     r ← r + (k_eff − 1) j,   j ← j · stride
 *
 * Where paths join the larger field counts. Padding is not subtracted, so deep fields exceed the image.
 */

import { type Node, type Tensor, windowExtent } from "@prewitt/core";
import {
  adaptiveAvgPool2dOp,
  adaptiveMaxPool2dOp,
  avgPool2dOp,
  conv2dInputGradientOp,
  conv2dOp,
  maxPool2dOp,
  type Pair,
  pixelShuffleOp,
  pixelUnshuffleOp,
  type ResizeAttributes,
  resize2dOp,
} from "@prewitt/ops";

/** Rows and columns; "all" where an element depends on the whole input. */
export type ReceptiveField = Pair | "all";

interface Field {
  readonly size: Pair;
  readonly jump: Pair;
  /** Whether the tensor is [N, C, H, W] of this field still. */
  readonly image: boolean;
}

type State = Field | "all" | undefined;

interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
}

const grow = ({ size, jump }: Field, axis: 0 | 1, { kernel, stride, dilation }: Window): [number, number] => [
  size[axis] + (windowExtent(kernel[axis], dilation[axis]) - 1) * jump[axis],
  jump[axis] * stride[axis],
];

// A transposed convolution spreads each element over a window: an output reads every stride-th tap of it.
const spread = ({ size, jump }: Field, axis: 0 | 1, { kernel, stride, dilation }: Window): [number, number] => [
  size[axis] + (Math.ceil(windowExtent(kernel[axis], dilation[axis]) / stride[axis]) - 1) * jump[axis],
  jump[axis] / stride[axis],
];

function throughWindow(field: Field, window: Window, rule: typeof grow): Field {
  const [h, w] = [rule(field, 0, window), rule(field, 1, window)];
  return { size: [h[0], w[0]], jump: [h[1], w[1]], image: true };
}

/** What an output of a resized image reads: one cell, or two neighbours an axis, `ratio` cells apart. */
function throughResize({ size, jump }: Field, { attributes, inputs }: Node): Field {
  const { mode, ratio, alignCorners, size: result } = attributes as unknown as ResizeAttributes;
  const extents = (inputs[0] as Tensor).shape.slice(2) as unknown as Pair;
  const along = (i: 0 | 1): readonly [number, number] => {
    const apart = alignCorners ? (extents[i] - 1) / Math.max(1, result[i] - 1) : ratio[i];
    const still = mode === "nearest" || (extents[i] === result[i] && apart === 1);
    return [size[i] + (still || extents[i] === 1 ? 0 : jump[i]), jump[i] * apart];
  };
  const [h, w] = [along(0), along(1)];
  return { size: [h[0], w[0]], jump: [h[1], w[1]], image: true };
}

/** The longest window of adaptive pooling, and the mean distance between windows. */
function adaptiveWindow({ attributes, inputs }: Node): Window {
  const [, , height, width] = (inputs[0] as Tensor).shape as readonly [number, number, number, number];
  const [rows, columns] = attributes.size as Pair;
  const longest = (n: number, m: number): number =>
    Math.max(...Array.from({ length: m }, (_, p) => Math.ceil(((p + 1) * n) / m) - Math.floor((p * n) / m)));
  return {
    kernel: [longest(height, rows), longest(width, columns)],
    stride: [height / rows, width / columns],
    dilation: [1, 1],
  };
}

function windowOf(node: Node): { window: Window; rule: typeof grow } | undefined {
  const { op, attributes, inputs } = node;
  const pairs = attributes as unknown as Window;
  if (op === conv2dOp || op === conv2dInputGradientOp) {
    const kernel = (inputs[1] as Tensor).shape.slice(2) as unknown as Pair;
    return { window: { ...pairs, kernel }, rule: op === conv2dOp ? grow : spread };
  }
  if (op === adaptiveAvgPool2dOp || op === adaptiveMaxPool2dOp) return { window: adaptiveWindow(node), rule: grow };
  if (op === pixelShuffleOp || op === pixelUnshuffleOp) {
    // A block of pixels from the channels of one, or one from the pixels of a block.
    const factor = attributes.factor as number;
    const [kernel, stride] = op === pixelShuffleOp ? [1, 1 / factor] : [factor, factor];
    return { window: { kernel: [kernel, kernel], stride: [stride, stride], dilation: [1, 1] }, rule: grow };
  }
  return op === maxPool2dOp || op === avgPool2dOp ? { window: pairs, rule: grow } : undefined;
}

function join(fields: readonly Field[]): Field {
  const [first] = fields as readonly [Field];
  return {
    size: [Math.max(...fields.map((f) => f.size[0])), Math.max(...fields.map((f) => f.size[1]))],
    jump: first.jump,
    image: fields.every((f) => f.image),
  };
}

function sameImage(a: Tensor, b: Tensor): boolean {
  return a.rank === 4 && b.rank === 4 && a.shape[2] === b.shape[2] && a.shape[3] === b.shape[3];
}

/** Ops that take images apart or place them, each output element reading one input element. */
const PLACING = ["slice", "pad", "concat", "flip", "broadcastTo"];

function step(node: Node, states: ReadonlyMap<Tensor, State>): State {
  const read = node.inputs.filter((t) => states.get(t) !== undefined);
  if (read.length === 0) return undefined;
  const fields = read.map((t) => states.get(t) as Field | "all");
  if (fields.includes("all")) return "all";
  const joined = join(fields as Field[]);
  const found = windowOf(node);
  if (found !== undefined) return joined.image ? throughWindow(joined, found.window, found.rule) : "all";
  if (node.op === resize2dOp) return joined.image ? throughResize(joined, node) : "all";
  const out = node.tensors[0] as Tensor;
  const placing = PLACING.includes(node.op.name);
  if (joined.image && node.op.name !== "matmul" && (placing || read.every((t) => sameImage(t, out)))) {
    return { ...joined, image: out.rank === 4 };
  }
  const pointwise = read.every((t) => t.shape.join() === out.shape.join());
  if ("view" in node.op || placing || (pointwise && node.op.name !== "matmul")) return { ...joined, image: false };
  return "all";
}

/**
 * The receptive field of every tensor that depends on an image among `inputs`. `nodes` come in order of computation.
 */
export function receptiveFields(
  inputs: readonly Tensor[],
  nodes: readonly Node[],
): ReadonlyMap<Tensor, ReceptiveField> {
  const states = new Map<Tensor, State>();
  for (const x of inputs) if (x.rank === 4) states.set(x, { size: [1, 1], jump: [1, 1], image: true });
  for (const node of nodes) {
    const state = step(node, states);
    for (const t of node.tensors) states.set(t, state);
  }
  const fields = new Map<Tensor, ReceptiveField>();
  for (const [t, state] of states) if (state !== undefined) fields.set(t, state === "all" ? "all" : state.size);
  return fields;
}
