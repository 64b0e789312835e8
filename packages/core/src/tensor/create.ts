/**
 * Tensors from numbers, nested arrays and typed arrays, and constants of one value.
 *
 * Numbers give float32 unless a dtype is named, integers included; booleans give bool; a typed array keeps its dtype.
 * Constants of one value are a stretched scalar: no memory is moved.
 */

import { DTypeError, OptionError, ShapeError } from "../errors/errors.ts";
import { checkOptions, nearest } from "../errors/options.ts";
import { constantNode, scalarNode } from "../graph/leaves.ts";
import { locate } from "../graph/locate.ts";
import { allocate, type DType, dtypeOfArray, dtypes, holds, type TypedArray } from "./dtype.ts";
import { dtypeFor, misfitOf } from "./fit.ts";
import { flattenNested, type Nested } from "./nested.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export type { Nested } from "./nested.ts";

export interface DTypeOptions {
  /** Default float32. */
  readonly dtype?: DType | undefined;
}

export interface TensorOptions extends DTypeOptions {
  /** Default: the nesting of the data, or one axis for a typed array. */
  readonly shape?: Shape | undefined;
  /**
   * `false` lets the tensor use the memory of a typed array of the right class, which must not be written to
   * afterwards. Default true.
   */
  readonly copy?: boolean | undefined;
}

function checkDType(op: string, dtype: DType | undefined): void {
  if (dtype === undefined || dtypes.includes(dtype)) return;
  throw locate(
    new OptionError({
      op,
      summary: `"${dtype}" is no dtype`,
      problems: [`known dtypes: ${dtypes.join(", ")}`],
      fix: `write "${nearest(String(dtype), dtypes) ?? "float32"}"`,
    }),
  );
}

function checkShape(op: string, shape: Shape): void {
  if (Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0)) return;
  const shown = Array.isArray(shape) ? formatShape(shape) : String(shape);
  throw locate(new ShapeError({ op, summary: `${shown} is no shape`, fix: "pass an array of integers of 0 or more" }));
}

/**
 * A tensor that holds `data`: a number, a boolean, arrays nested as deep as the rank (rows may be typed arrays), or a
 * typed array.
 *
 * Throws `ShapeError` for ragged nesting and for a shape of another size, `DTypeError` for values that the dtype
 * cannot hold (300 as uint8, 1.5 as int32) and for array classes without a dtype.
 *
 * @example
 * tensor([[1, 2], [3, 4]])                                   // float32 [2, 2]
 * tensor(new Float32Array(784), { shape: [1, 1, 28, 28] })   // float32 [1, 1, 28, 28]
 * tensor([3, 1], { dtype: "int32" })
 */
export function tensor(data: Nested, options: TensorOptions = {}): Tensor {
  checkOptions("tensor", options, ["dtype", "shape", "copy"]);
  checkDType("tensor", options.dtype);
  const flat = ArrayBuffer.isView(data) ? fromTyped(data, options) : fromNested(data, options);
  const shape = options.shape ?? flat.shape;
  checkShape("tensor", shape);
  if (sizeOf(shape) !== flat.array.length) {
    throw locate(
      new ShapeError({
        op: "tensor",
        summary: "the data does not fill the shape",
        problems: [`${flat.array.length} elements, but ${formatShape(shape)} holds ${sizeOf(shape)}`],
        fix: `choose a shape with ${flat.array.length} elements`,
      }),
    );
  }
  return constantNode(flat.array, [...shape], flat.dtype);
}

interface Flat {
  readonly array: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

function fromNested(data: Nested, options: TensorOptions): Flat {
  if (options.copy === false) {
    throw locate(
      new OptionError({
        op: "tensor",
        summary: "copy: false needs a typed array",
        fix: "leave copy out, or pass a typed array",
      }),
    );
  }
  const { values, shape, boolean, pathOf } = flattenNested(data);
  const dtype = options.dtype ?? (boolean ? "bool" : "float32");
  return { array: convert(values, dtype, pathOf), shape, dtype };
}

function fromTyped(data: ArrayBufferView, options: TensorOptions): Flat {
  const found = dtypeOfArray(data);
  if (found === undefined) {
    const name = data.constructor.name;
    throw locate(
      new DTypeError({
        op: "tensor",
        summary: `no dtype is stored in a ${name}`,
        fix:
          name.startsWith("Big") || name === "DataView"
            ? "convert it to an Int32Array"
            : "pass Int32Array.from(data) or Float32Array.from(data)",
      }),
    );
  }
  // A Uint8ClampedArray (pixels of a canvas) and Node's Buffer, whose slice is no copy, are read through a plain view of
  // the same bytes.
  const special = data instanceof Uint8ClampedArray || (data instanceof Uint8Array && data.constructor !== Uint8Array);
  const view = special ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  const typed = view as TypedArray;
  const dtype = options.dtype ?? found;
  const shape = [typed.length];
  const same = holds(dtype, typed);
  if (options.copy === false) {
    if (same) return { array: typed, shape, dtype };
    throw locate(
      new OptionError({
        op: "tensor",
        summary: `${found} data cannot be used as ${dtype} without a copy`,
        fix: "leave copy out",
      }),
    );
  }
  if (same && dtype !== "bool") return { array: typed.slice(), shape, dtype };
  return { array: convert(typed, dtype, (i) => `data[${i}]`), shape, dtype };
}

/** The values as `dtype`; throws where one does not fit. */
function convert(values: ArrayLike<number>, dtype: DType, pathOf: (i: number) => string): TypedArray {
  const array = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const misfit = misfitOf(value, dtype);
    if (misfit !== undefined) {
      throw locate(
        new DTypeError({
          op: "tensor",
          summary: `the data does not fit ${dtype}`,
          problems: [`${pathOf(i)}: ${misfit}`],
          fix: `use { dtype: "${dtypeFor(value)}" }, or change the data`,
        }),
      );
    }
    array[i] = value;
  }
  return array;
}

/**
 * A tensor of `shape` with `value` everywhere; float32 unless `dtype` says otherwise.
 * Throws `DTypeError` when the dtype cannot hold the value.
 */
export function full(shape: Shape, value: number, options: DTypeOptions = {}): Tensor {
  return constant("full", shape, value, options);
}

/** Zeros of `shape`; float32 unless `dtype` says otherwise. */
export function zeros(shape: Shape, options: DTypeOptions = {}): Tensor {
  return constant("zeros", shape, 0, options);
}

/** Ones of `shape`; float32 unless `dtype` says otherwise. */
export function ones(shape: Shape, options: DTypeOptions = {}): Tensor {
  return constant("ones", shape, 1, options);
}

/** Zeros with the shape and dtype of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return constant("zerosLike", x.shape, 0, { dtype: x.dtype });
}

/** Ones with the shape and dtype of `x`. */
export function onesLike(x: Tensor): Tensor {
  return constant("onesLike", x.shape, 1, { dtype: x.dtype });
}

function constant(op: string, shape: Shape, value: number, options: DTypeOptions): Tensor {
  checkOptions(op, options, ["dtype"]);
  checkDType(op, options.dtype);
  checkShape(op, shape);
  const dtype = options.dtype ?? "float32";
  const misfit = misfitOf(value, dtype);
  if (misfit !== undefined) {
    throw locate(
      new DTypeError({
        op,
        summary: `the value does not fit ${dtype}`,
        problems: [misfit],
        fix: `use { dtype: "${dtypeFor(value)}" }`,
      }),
    );
  }
  return scalarNode(value, dtype).broadcastTo(shape);
}

/**
 * `count` numbers from `start` to `stop`, both included, at equal distances; float32 or float64.
 *
 * @example linspace(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(start: number, stop: number, count: number, options: DTypeOptions = {}): Tensor {
  checkOptions("linspace", options, ["dtype"]);
  const dtype = options.dtype ?? "float32";
  if (dtype !== "float32" && dtype !== "float64") {
    throw locate(
      new DTypeError({
        op: "linspace",
        summary: `linspace gives floats, not ${dtype}`,
        fix: "use arange for integers",
      }),
    );
  }
  if (!Number.isInteger(count) || count < 1 || !Number.isFinite(start) || !Number.isFinite(stop)) {
    throw locate(
      new OptionError({
        op: "linspace",
        summary: `${count} numbers from ${start} to ${stop} cannot be made`,
        fix: "pass two finite numbers and a positive integer",
      }),
    );
  }
  const array = allocate(dtype, count);
  // Counted from the nearer end, so that both ends are exact.
  const step = count === 1 ? 0 : (stop - start) / (count - 1);
  for (let i = 0; i < count; i++) array[i] = 2 * i < count ? start + i * step : stop - (count - 1 - i) * step;
  return constantNode(array, [count], dtype);
}
