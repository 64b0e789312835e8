/**
 * The methods of `Tensor`, by type. Each is the base op of the same name with the tensor as its first operand;
 * the op's own file documents shapes, gradient and errors.
 */

import type { DType, TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Axis or axes; all of them when absent. Negative axes count from the end. */
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Axes to reduce; all when absent. */
  readonly axis?: Axes | undefined;
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean | undefined;
}

/** Nested arrays of numbers, as deep as the rank. */
export type NestedArray = number | NestedArray[];

export interface TensorMethods {
  // values
  /** The elements in row-major order, as a fresh typed array. Evaluates the graph if need be. */
  data(): Promise<TypedArray>;
  /** The only element of a tensor of size 1. */
  item(): Promise<number>;
  /** Nested arrays; a number for a scalar. */
  array(): Promise<NestedArray>;
  dataSync(): TypedArray;
  itemSync(): number;
  arraySync(): NestedArray;
  /** Shape, dtype, min, mean, max, NaN count and corner values. Evaluates. */
  summary(): Promise<string>;
  toString(): string;

  // elementwise
  add(other: TensorLike): Tensor;
  sub(other: TensorLike): Tensor;
  mul(other: TensorLike): Tensor;
  div(other: TensorLike): Tensor;
  pow(exponent: TensorLike): Tensor;
  maximum(other: TensorLike): Tensor;
  minimum(other: TensorLike): Tensor;
  neg(): Tensor;
  abs(): Tensor;
  sign(): Tensor;
  exp(): Tensor;
  expm1(): Tensor;
  log(): Tensor;
  log1p(): Tensor;
  sqrt(): Tensor;
  square(): Tensor;
  reciprocal(): Tensor;
  tanh(): Tensor;
  sigmoid(): Tensor;
  erf(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  floor(): Tensor;
  ceil(): Tensor;
  round(): Tensor;
  clamp(low: number, high: number): Tensor;
  cast(dtype: DType): Tensor;
  equal(other: TensorLike): Tensor;
  notEqual(other: TensorLike): Tensor;
  less(other: TensorLike): Tensor;
  lessEqual(other: TensorLike): Tensor;
  greater(other: TensorLike): Tensor;
  greaterEqual(other: TensorLike): Tensor;
  logicalAnd(other: Tensor): Tensor;
  logicalOr(other: Tensor): Tensor;
  logicalNot(): Tensor;
  isNaN(): Tensor;
  isFinite(): Tensor;
  /** `condition.where(a, b)`: a where true, b where false. */
  where(whenTrue: TensorLike, whenFalse: TensorLike): Tensor;

  // reductions
  sum(options?: ReduceOptions | Axes): Tensor;
  mean(options?: ReduceOptions | Axes): Tensor;
  max(options?: ReduceOptions | Axes): Tensor;
  min(options?: ReduceOptions | Axes): Tensor;
  /** Population variance, or with `correction: 1` the sample variance. */
  variance(options?: ReduceOptions & { readonly correction?: number | undefined }): Tensor;
  argmax(options?: { readonly axis?: number | undefined; readonly keepDims?: boolean | undefined } | number): Tensor;
  argmin(options?: { readonly axis?: number | undefined; readonly keepDims?: boolean | undefined } | number): Tensor;

  // shape
  /** One extent may be −1. */
  reshape(shape: Shape): Tensor;
  /** Axes in their new order; reversed when absent. */
  transpose(order?: readonly number[]): Tensor;
  broadcastTo(shape: Shape): Tensor;
  /** Removes axes of size 1. */
  squeeze(axis?: Axes): Tensor;
  /** Inserts an axis of size 1. */
  unsqueeze(axis: number): Tensor;
  /** One entry an axis: `[start, stop]`, `[start, stop, step]`, a number (drops the axis) or `null` (all of it). */
  slice(...ranges: SliceRange[]): Tensor;
  /** One `[before, after]` an axis. */
  pad(widths: readonly (readonly [number, number])[], options?: { readonly value?: number | undefined }): Tensor;
  flip(axis: Axes): Tensor;
  /** `out[…i…] = x[…index[…i…]…]` along `axis`; `index` has the rank of `x` (torch.gather). */
  gather(index: Tensor, axis: number): Tensor;
  /** Whole slices by index: `index` of rank 1 replaces `axis` (torch.index_select). */
  take(index: Tensor, axis?: number): Tensor;
  matmul(other: Tensor): Tensor;
  /** This tensor and `others`, one after the other along `axis`. */
  concat(others: readonly Tensor[], axis: number): Tensor;

  // gradients
  /** The same value, cut off from every gradient. */
  stopGradient(): Tensor;
  /** The evaluated value as a leaf with no history. */
  detach(): Tensor;
  /** Checks the shape against sizes and axis names, as documentation that runs: `x.expectShape("N", 3, "H", "W")`. */
  expectShape(...pattern: readonly (number | string)[]): Tensor;
}

export type SliceRange =
  | null
  | number
  | readonly [number | null, number | null]
  | readonly [number | null, number | null, number];
