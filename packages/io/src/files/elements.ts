/**
 * Element types of files, and how they become those of tensors.
 *
 * Floats of 16 bits widen to float32, integers that no tensor has become int32 when their values fit. Files say how they
 * order bytes; tensors have the machine's order.
 *
 * float16: IEEE 754-2019, binary16. bfloat16: the upper half of a binary32.
 */

import type { DType, TypedArray } from "@prewitt/core";

/** An element type as files have it. */
export type FileElement =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "uint64"
  | "int32"
  | "uint32"
  | "int16"
  | "uint16"
  | "int8"
  | "uint8"
  | "bool";

interface Kind {
  readonly size: number;
  readonly dtype: DType;
}

const kinds: Readonly<Record<FileElement, Kind>> = {
  float64: { size: 8, dtype: "float64" },
  float32: { size: 4, dtype: "float32" },
  float16: { size: 2, dtype: "float32" },
  bfloat16: { size: 2, dtype: "float32" },
  int64: { size: 8, dtype: "int32" },
  uint64: { size: 8, dtype: "int32" },
  int32: { size: 4, dtype: "int32" },
  uint32: { size: 4, dtype: "int32" },
  int16: { size: 2, dtype: "int32" },
  uint16: { size: 2, dtype: "int32" },
  int8: { size: 1, dtype: "int32" },
  uint8: { size: 1, dtype: "uint8" },
  bool: { size: 1, dtype: "bool" },
};

/** Bytes of one element in a file. */
export const elementSize = (element: FileElement): number => kinds[element].size;

/** The dtype of the tensor that such elements become. */
export const elementDType = (element: FileElement): DType => kinds[element].dtype;

/** Whether typed arrays of this machine begin with the lowest byte. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Reverses the bytes of each element, in place. */
function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** The elements as little-endian bytes: a view of `data` on most machines, which must not be written to. */
export function littleEndianBytes(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (littleEndian || data.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = bytes.slice();
  swap(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

/** The float32 of the 65,536 halves. */
function halves(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
    const sign = bits >>> 15 === 1 ? -1 : 1;
    if (exponent === 31) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

function widenHalves(source: Uint16Array): Float32Array {
  const table = halves();
  return Float32Array.from(source, (bits) => table[bits] as number);
}

function widenBrainFloats(source: Uint16Array): Float32Array {
  const out = new Uint32Array(source.length);
  for (let i = 0; i < out.length; i++) out[i] = (source[i] as number) << 16;
  return new Float32Array(out.buffer);
}

/** int32 of integers. Throws `RangeError`, naming element and value, for one that does not fit. */
function narrowed(source: ArrayLike<number | bigint>): Int32Array {
  const out = new Int32Array(source.length);
  for (let i = 0; i < out.length; i++) {
    const value = source[i] as number | bigint;
    if (value > 2147483647 || value < -2147483648) throw new RangeError(`element ${i} is ${value}, beyond int32`);
    out[i] = Number(value);
  }
  return out;
}

/**
 * The tensor elements of `bytes`, which is not changed and may be aligned in any way.
 * Throws `RangeError` for integers beyond int32 and booleans that are neither 0 nor 1.
 */
export function decodeElements(bytes: Uint8Array, element: FileElement, bigEndian = false): TypedArray {
  const { size, dtype } = kinds[element];
  const count = bytes.length / size;
  const direct = size === (dtype === "float64" ? 8 : dtype === "float32" || dtype === "int32" ? 4 : 1);
  const ordered = new Uint8Array(new ArrayBuffer(bytes.length));
  ordered.set(bytes);
  if (size > 1 && bigEndian === littleEndian) swap(ordered, size);
  const { buffer } = ordered;
  if (direct && element !== "uint32" && element !== "int8" && element !== "bool") return viewOf(buffer, dtype, count);
  switch (element) {
    case "float16":
      return widenHalves(new Uint16Array(buffer));
    case "bfloat16":
      return widenBrainFloats(new Uint16Array(buffer));
    case "int64":
      return narrowed(new BigInt64Array(buffer));
    case "uint64":
      return narrowed(new BigUint64Array(buffer));
    case "uint32":
      return narrowed(new Uint32Array(buffer));
    case "int16":
      return narrowed(new Int16Array(buffer));
    case "uint16":
      return narrowed(new Uint16Array(buffer));
    case "int8":
      return narrowed(new Int8Array(buffer));
    default: {
      const at = ordered.findIndex((v) => v > 1);
      if (at >= 0) throw new RangeError(`element ${at} is ${ordered[at]}, and a boolean is 0 or 1`);
      return ordered;
    }
  }
}

function viewOf(buffer: ArrayBuffer, dtype: DType, count: number): TypedArray {
  switch (dtype) {
    case "float64":
      return new Float64Array(buffer, 0, count);
    case "float32":
      return new Float32Array(buffer, 0, count);
    case "int32":
      return new Int32Array(buffer, 0, count);
    default:
      return new Uint8Array(buffer, 0, count);
  }
}
