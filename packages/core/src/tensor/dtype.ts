/**
 * Element types and the typed arrays that hold them.
 *
 * `bool` is stored as one byte, 0 or 1. float16 and bfloat16 are storage formats of files, not of tensors:
 * readers widen them to float32.
 */

/** Element type of a tensor. */
export type DType = "float32" | "float64" | "int32" | "uint8" | "bool";

/** The array class that stores each dtype. */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** Any array that can hold the elements of a tensor. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint8", "bool"];

const bytes: Record<DType, number> = { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1 };

/** Size of one element in bytes. */
export function byteSize(dtype: DType): number {
  return bytes[dtype];
}

/** Whether gradients can flow through values of this dtype. */
export function isFloat(dtype: DType): dtype is "float32" | "float64" {
  return dtype === "float32" || dtype === "float64";
}

/** A zero-filled array of `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(length);
    case "float64":
      return new Float64Array(length);
    case "int32":
      return new Int32Array(length);
    default:
      return new Uint8Array(length);
  }
}

/** The dtype that a typed array is read as when none is given; `undefined` for an array class that no dtype uses. */
export function dtypeOfArray(data: ArrayBufferView): DType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return "uint8";
  return undefined;
}

/** Whether `data` is the array class that stores `dtype`. */
export function holds(dtype: DType, data: ArrayBufferView): data is TypedArray {
  const found = dtypeOfArray(data);
  return found === dtype || (dtype === "bool" && found === "uint8");
}
