/**
 * Arbitraries of tensors. On failure they print as the code that makes them.
 */

import { allocate, type DType, type Shape, sizeOf, type Tensor, tensor } from "@prewitt/core";
import fc from "fast-check";
import { shapes } from "./shapes.ts";

export interface TensorConstraints {
  /** A shape or an arbitrary of shapes. Default: ranks 0 to 4, extents 1 to 5. */
  readonly shape?: Shape | fc.Arbitrary<Shape> | undefined;
  /** Default float32. */
  readonly dtype?: DType | undefined;
  /** Default −2 for floats, −5 for int32, 0 for uint8 and bool. */
  readonly min?: number | undefined;
  /** Default 2 for floats, 5 for int32 and uint8, 1 for bool. */
  readonly max?: number | undefined;
  /**
   * "reals": numbers of the range; "integers": whole ones, so that sums and products are exact;
   * "ties": from three values, so that most elements equal others; "special": with NaN, infinities, −0 and the
   * smallest numbers among them. Default "reals" for floats.
   */
  readonly values?: "reals" | "integers" | "ties" | "special" | undefined;
}

const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-45, -1e-45, 3.4e38];

function isReal(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

function elements(dtype: DType, constraints: TensorConstraints): fc.Arbitrary<number> {
  if (dtype === "bool") return fc.integer({ min: 0, max: 1 });
  const real = isReal(dtype);
  const min = constraints.min ?? (real ? -2 : dtype === "int32" ? -5 : 0);
  const max = constraints.max ?? (real ? 2 : 5);
  const values = constraints.values ?? "reals";
  if (values === "ties")
    return fc.constantFrom(...new Set([min, real ? (min + max) / 2 : Math.floor((min + max) / 2), max]));
  if (!real || values === "integers") return fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  // Multiples of 2⁻¹⁶: far from denormals, exact in float32, and they shrink to round numbers.
  const reals = fc.integer({ min: Math.ceil(min * 65536), max: Math.floor(max * 65536) }).map((n) => n / 65536);
  return values === "special"
    ? fc.oneof({ weight: 3, arbitrary: reals }, { weight: 1, arbitrary: fc.constantFrom(...specials) })
    : reals;
}

/** Tensors of one dtype. */
export function tensors(constraints: TensorConstraints = {}): fc.Arbitrary<Tensor> {
  const { shape = shapes(), dtype = "float32" } = constraints;
  const shapeArbitrary = Array.isArray(shape) ? fc.constant(shape as Shape) : (shape as fc.Arbitrary<Shape>);
  return shapeArbitrary.chain((s) => {
    const size = sizeOf(s);
    return fc
      .array(elements(dtype, constraints), { minLength: size, maxLength: size, size: "max" })
      .map((data) => printable(s, dtype, data));
  });
}

/** Code that makes the tensor. */
export function tensorCode(data: ArrayLike<number>, shape: Shape, dtype: DType): string {
  const values = Array.from(data, (v) =>
    Object.is(v, -0) ? "-0" : Number.isFinite(v) || Number.isNaN(v) ? `${v}` : `${v < 0 ? "-" : ""}Infinity`,
  );
  return `tensor([${values.join(", ")}], { shape: [${shape.join(", ")}]${dtype === "float32" ? "" : `, dtype: "${dtype}"`} })`;
}

function printable(shape: Shape, dtype: DType, data: readonly number[]): Tensor {
  const array = allocate(dtype, data.length);
  array.set(data);
  const t = tensor(array, { shape, dtype });
  return Object.defineProperty(t, fc.toStringMethod, { value: () => tensorCode(array, shape, dtype) });
}
