/**
 * What a sample is made of: arrays with a shape, and numbers.
 *
 * Samples stay plain typed arrays until they are batched, so that a data set of 60,000 images is one allocation and
 * reading one image is a view. A batch holds one tensor per field, with the sample's shape behind the batch axis.
 */

import { DataError, type Shape, type Tensor, type TypedArray } from "@prewitt/core";

/** Numbers in row-major order with their shape, for instance a uint8 image [C, H, W]. */
export interface NdArray<A extends TypedArray = TypedArray> {
  readonly data: A;
  readonly shape: Shape;
}

/** One field of a sample. A number must be an integer and becomes int32; a boolean becomes bool. */
export type Field = NdArray | Tensor | number | boolean;

/** A sample: a record of fields. */
export type Sample<S> = { readonly [K in keyof S]: Field };

/** The tensors of a batch: the fields of a sample, each with the batch as its first axis. */
export type Batch<S> = { readonly [K in keyof S]: Tensor };

/** An array of `shape` over `data`. Throws `DataError` when the data does not fill the shape. */
export function ndArray<A extends TypedArray>(data: A, shape: Shape): NdArray<A> {
  const size = shape.reduce((product, n) => product * n, 1);
  if (data.length !== size) {
    throw new DataError({
      op: "ndArray",
      summary: "the data does not fill the shape",
      problems: [`${data.length} elements, but [${shape.join(", ")}] holds ${size}`],
    });
  }
  return { data, shape };
}
