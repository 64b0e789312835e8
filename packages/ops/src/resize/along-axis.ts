/**
 * A linear map along one spatial axis of images, as a matrix product: y[n, c, p, w] = Σ_h A[p, h] x[n, c, h, w] for axis
 * 2, likewise along W for axis 3.
 *
 * The product runs over x seen as [N, H, W, C], so that images that lie channels-last stay so without a copy. Its
 * gradient is the product with Aᵀ: no index is gathered or scattered.
 */

import { constantNode, type DType, type Tensor } from "@prewitt/core";

/** A matrix [outputs, inputs] by its rows: which inputs an output weighs, and how much. */
export interface AxisMap {
  readonly inputs: number;
  readonly rows: readonly (readonly (readonly [input: number, weight: number])[])[];
}

/** Numbers as a constant of a float dtype. */
export function floatConstant(values: Float64Array, shape: readonly number[], dtype: DType): Tensor {
  return constantNode(dtype === "float64" ? values : Float32Array.from(values), shape, dtype);
}

/** The map applied along `axis` of `x` [N, C, H, W], a float. */
export function alongAxis(x: Tensor, axis: 2 | 3, { inputs, rows }: AxisMap): Tensor {
  const values = new Float64Array(rows.length * inputs);
  rows.forEach((row, p) => {
    for (const [i, weight] of row) values[p * inputs + i] = (values[p * inputs + i] as number) + weight;
  });
  const matrix = floatConstant(values, [rows.length, inputs], x.dtype);
  const [n, c, h, w] = x.shape as readonly [number, number, number, number];
  const pixels = x.transpose([0, 2, 3, 1]);
  const y =
    axis === 3 ? matrix.matmul(pixels) : matrix.matmul(pixels.reshape([n, h, w * c])).reshape([n, rows.length, w, c]);
  return y.transpose([0, 3, 1, 2]);
}
