/**
 * Bilinear resizing: y = (1 − λ) x[i] + λ x[i + 1] along each axis, i + λ the place of the output cell in the input.
 *
 *   centres aligned:  i + λ = max(0, (p + ½) · ratio − ½)          cells are squares, the corners of the images coincide
 *   alignCorners:     i + λ = p · (n − 1) / (m − 1)                cells are points, the corner cells coincide
 *
 * An enlargement by a whole factor s (centres aligned) is a transposed convolution of each channel with the triangle
 * 1 − |k − (K − 1) / 2| / s, K = 2s or 2s − 1 taps, stride s, of the image with its edges repeated once (J. Long, E. Shelhamer,
 * T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015): each output meets the 2 taps it needs.
 * A reduction by a whole ratio mixes two slices; other ratios are a matrix product where the axis is short, and two picks by
 * index where it is long.
 */

import { constantNode, type SliceRange, type Tensor } from "@prewitt/core";
import { conv2dInputGradientOp } from "../conv/conv2d.ts";
import { extendAxis } from "../pad2d.ts";
import type { Pair } from "../window/options.ts";
import { alongAxis, floatConstant } from "./along-axis.ts";
import { wholeFactor } from "./ratio.ts";

export interface BilinearOptions {
  readonly size: Pair;
  readonly ratio: Pair;
  readonly alignCorners: boolean;
}

/** Taps of one filter and factors up to which a depthwise convolution is the fastest way. */
const MOST_TAPS = 49;
/** Extents above which a product with a mostly empty matrix costs more than picking by index. */
const LONGEST_PRODUCT = 64;

/** `x` [N, C, H, W], a float → [N, C, ...size]. */
export function bilinear(x: Tensor, { size, ratio, alignCorners }: BilinearOptions): Tensor {
  const extents = x.shape.slice(2) as unknown as Pair;
  const factor = (i: 0 | 1): number | undefined => {
    const whole = alignCorners ? undefined : wholeFactor(extents[i], size[i], ratio[i]);
    return whole !== undefined && taps(whole) <= MOST_TAPS ? whole : undefined;
  };
  const factors = [factor(0), factor(1)] as const;
  let y = x;
  // The axis that grows least comes first: there is less to do for the other.
  const order = size[0] / extents[0] < size[1] / extents[1] ? ([0, 1] as const) : ([1, 0] as const);
  for (const i of order) {
    if (factors[i] !== undefined || (size[i] === extents[i] && (alignCorners || ratio[i] === 1))) continue;
    y = along(y, (2 + i) as 2 | 3, size[i], places(extents[i], size[i], alignCorners ? undefined : ratio[i]), ratio[i]);
  }
  const [vertical, horizontal] = [factors[0] ?? 1, factors[1] ?? 1];
  if (taps(vertical) * taps(horizontal) <= MOST_TAPS) return enlarge(y, [vertical, horizontal]);
  return enlarge(enlarge(y, [1, horizontal]), [vertical, 1]);
}

const taps = (factor: number): number => 2 * factor - (factor % 2);

/** Where output cells lie in the input; `ratio` is absent where corners are aligned. */
function places(extent: number, size: number, ratio: number | undefined): Float64Array {
  const step = size > 1 ? (extent - 1) / (size - 1) : 0;
  const place = (p: number): number => (ratio === undefined ? p * step : Math.max(0, (p + 0.5) * ratio - 0.5));
  return Float64Array.from({ length: size }, (_, p) => Math.min(place(p), extent - 1));
}

function along(x: Tensor, axis: 2 | 3, size: number, at: Float64Array, ratio: number): Tensor {
  const extent = x.shape[axis] as number;
  const first = at[0] as number;
  // Places (p + ½) r − ½ for a whole r have one λ: 0 or ½.
  if (Number.isInteger(ratio) && first === (ratio - 1) / 2 && extent > 1) {
    const from = (start: number): Tensor => {
      const range: SliceRange = [start, start + (size - 1) * ratio + 1, ratio];
      return x.slice(...x.shape.map((_, a) => (a === axis ? range : null)));
    };
    const low = from(Math.floor(first));
    return Number.isInteger(first) ? low : low.add(from(Math.floor(first) + 1)).mul(0.5);
  }
  const low = Array.from(at, Math.floor);
  const high = low.map((i) => Math.min(i + 1, extent - 1));
  if (extent <= LONGEST_PRODUCT) {
    const rows = low.map((i, p) => {
      const share = (at[p] as number) - i;
      return [[i, 1 - share] as const, [high[p] as number, share] as const];
    });
    return alongAxis(x, axis, { inputs: extent, rows });
  }
  const shape = x.shape.map((_, a) => (a === axis ? size : 1));
  const share = floatConstant(
    at.map((place) => place - Math.floor(place)),
    shape,
    x.dtype,
  );
  const picked = (index: readonly number[]): Tensor =>
    x.take(constantNode(Int32Array.from(index), [size], "int32"), axis);
  return picked(low).mul(share.neg().add(1)).add(picked(high).mul(share));
}

/** Enlarges by whole factors. */
function enlarge(x: Tensor, factors: Pair): Tensor {
  const [vertical, horizontal] = factors;
  if (vertical === 1 && horizontal === 1) return x;
  let edged = x;
  if (vertical > 1) edged = extendAxis(edged, 2, [1, 1], "replicate");
  if (horizontal > 1) edged = extendAxis(edged, 3, [1, 1], "replicate");
  const channels = x.shape[1] as number;
  const [rows, columns] = factors.map(triangle) as [Float64Array, Float64Array];
  const filter = Float64Array.from(
    { length: rows.length * columns.length },
    (_, k) => (rows[Math.floor(k / columns.length)] as number) * (columns[k % columns.length] as number),
  );
  const weight = floatConstant(filter, [1, 1, rows.length, columns.length], x.dtype).broadcastTo([
    channels,
    1,
    rows.length,
    columns.length,
  ]);
  // The centre of the edge cell that was added lies at (K − 1) / 2 of the whole result; its own outputs are cut off.
  const cut = (factor: number): Pair => {
    const sides = factor === 1 ? 0 : Math.floor((3 * factor) / 2);
    return [sides, sides];
  };
  return conv2dInputGradientOp.apply([edged, weight], {
    stride: factors,
    padding: [cut(vertical), cut(horizontal)],
    dilation: [1, 1],
    groups: channels,
    inputSize: [(x.shape[2] as number) * vertical, (x.shape[3] as number) * horizontal],
  });
}

function triangle(factor: number): Float64Array {
  const count = taps(factor);
  return Float64Array.from({ length: count }, (_, k) => 1 - Math.abs(k - (count - 1) / 2) / factor);
}
