/**
 * Window geometry: the one place that knows how kernel, stride, padding and dilation turn an input extent into an
 * output extent. Convolution and pooling, in two spatial axes; a window position p along an axis reads
 *
 *     input index = p · stride − padBefore + k · dilation,   k = 0 … kernel − 1
 */

/** One spatial axis, fully normalised. */
export interface WindowAxis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padBefore: number;
  readonly padAfter: number;
  readonly dilation: number;
  readonly output: number;
}

/** x: [batch, groups · channels, in₀, in₁] → y: [batch, groups · filters, out₀, out₁], weight: [groups · filters, channels, k₀, k₁]. */
export interface ConvGeometry {
  readonly batch: number;
  readonly groups: number;
  /** Input channels a group. */
  readonly channels: number;
  /** Output channels a group. */
  readonly filters: number;
  readonly axes: readonly [WindowAxis, WindowAxis];
}

/** x: [batch, channels, in₀, in₁] → y: [batch, channels, out₀, out₁]. */
export interface PoolGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly [WindowAxis, WindowAxis];
}

/** Extent that a window covers: dilation · (kernel − 1) + 1. */
export function windowExtent(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

export interface WindowOptions {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Explicit padding; `same` gives ⌈input / stride⌉ outputs, the odd element after (TensorFlow's rule). */
  readonly padding: readonly [number, number] | "same" | "valid";
  /** Round the number of windows up; the last window must start inside the input or its padding before (PyTorch's rule). */
  readonly ceilMode?: boolean | undefined;
}

/** Resolves padding and output extent of one axis. The output is at most 0 where no window fits. */
export function windowAxis(options: WindowOptions): WindowAxis {
  const { input, kernel, stride, dilation, padding, ceilMode = false } = options;
  const extent = windowExtent(kernel, dilation);
  let padBefore = 0;
  let padAfter = 0;
  if (padding === "same") {
    const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
    padBefore = Math.floor(total / 2);
    padAfter = total - padBefore;
  } else if (padding !== "valid") {
    padBefore = padding[0];
    padAfter = padding[1];
  }
  const room = input + padBefore + padAfter - extent;
  let output = room < 0 ? 0 : Math.floor(room / stride) + 1;
  if (ceilMode && room >= 0) {
    output = Math.ceil(room / stride) + 1;
    if ((output - 1) * stride >= input + padBefore) output--;
  }
  return { input, kernel, stride, padBefore, padAfter, dilation, output };
}

/** Window positions [from, to) whose tap `k` falls inside the input. */
export function insidePositions(axis: WindowAxis, k: number): [from: number, to: number] {
  const shift = k * axis.dilation - axis.padBefore;
  const from = Math.max(0, Math.ceil(-shift / axis.stride));
  const to = Math.min(axis.output, Math.floor((axis.input - 1 - shift) / axis.stride) + 1);
  return [from, Math.max(from, to)];
}
