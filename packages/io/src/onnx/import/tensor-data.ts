/**
 * Tensors of a file: their shape and elements, read only when the bytes are there.
 *
 * Elements lie in `raw_data`, little-endian, or in the field of their type; float16 and bfloat16 lie in `int32_data` as
 * bits. Elements in another file are not read: the path is the file's choice, and could name anything.
 */

import type { DType, Shape, TypedArray } from "@prewitt/core";
import { decodeElements, elementDType, elementSize, type FileElement } from "../../files/elements.ts";
import { count, type Fail, shown } from "../../files/file-error.ts";
import { fileElements } from "../element-types.ts";
import type { OnnxTensor } from "../schema.ts";

export interface TensorData {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
  /** Whether the file's elements are integers of any width. */
  readonly integer: boolean;
}

/** Extents of a file as numbers. */
export function extentsFrom(dims: readonly bigint[], what: string, fail: Fail): number[] {
  return dims.map((n) =>
    n >= 0n && n <= 2n ** 53n - 1n ? Number(n) : fail(`${what} is damaged`, `its shape has the extent ${n}`),
  );
}

/** Integers that stand for "to the end" lie at the ends of int64, beyond those of int32. */
function narrowedBytes(values: readonly (number | bigint)[], element: FileElement): Uint8Array {
  switch (element) {
    case "int64":
      return bytesOf(BigInt64Array.from(values, clampedBig));
    case "uint64":
      return bytesOf(BigUint64Array.from(values, BigInt));
    case "float32":
      return bytesOf(Float32Array.from(values, Number));
    case "float64":
      return bytesOf(Float64Array.from(values, Number));
    case "int32":
    case "uint32":
      return bytesOf(Int32Array.from(values, Number));
    case "float16":
    case "bfloat16":
    case "int16":
    case "uint16":
      return bytesOf(Uint16Array.from(values, Number));
    default:
      return bytesOf(Uint8Array.from(values, Number));
  }
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const LIMIT = 2n ** 31n - 1n;
const clampedBig = (v: number | bigint): bigint => {
  const n = BigInt(v);
  return n > LIMIT ? LIMIT : n < -LIMIT ? -LIMIT : n;
};

/** int64 elements limited to the range of int32, where bounds like "to the end" keep their meaning. */
function clampWide(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new BigInt64Array(bytes.length / 8);
  for (let i = 0; i < out.length; i++) out[i] = clampedBig(view.getBigInt64(8 * i, true));
  return bytesOf(out);
}

/** The field that holds elements of a type when `raw_data` does not. */
function listed(t: OnnxTensor, element: FileElement): readonly (number | bigint)[] {
  if (element === "float32") return t.floatData;
  if (element === "float64") return t.doubleData;
  if (element === "int64") return t.int64Data;
  if (element === "uint64" || element === "uint32") return t.uint64Data;
  return t.int32Data;
}

/** Reads a tensor. Throws `DataError` for types that have no dtype, and sizes that do not fit. */
export function readTensor(t: OnnxTensor, what: string, fail: Fail): TensorData {
  if (t.dataLocation === 1 || t.externalData.length > 0) {
    const location = t.externalData.find(({ key }) => key === "location")?.value;
    fail(
      `the elements of ${what} lie in another file`,
      `its location is ${shown(location)}`,
      "save the model with all data in one file",
    );
  }
  const element = fileElements.get(t.dataType);
  if (element === undefined) return fail(`${what} has an element type that is not supported`, `type ${t.dataType}`);
  const shape = extentsFrom(t.dims, what, fail);
  const wanted = shape.reduce((n, e) => n * e, 1);
  const raw = t.rawData.length > 0;
  const values = raw ? [] : listed(t, element);
  const found = raw ? t.rawData.length / elementSize(element) : values.length;
  if (found !== wanted) {
    const unit = raw ? `${count(t.rawData.length)} bytes` : `${count(values.length)} elements`;
    fail(`${what} is damaged`, `its shape ${shown(shape)} needs ${count(wanted)} elements, the file has ${unit}`);
  }
  const given = raw ? t.rawData : narrowedBytes(values, element);
  const bytes = element === "int64" && raw ? clampWide(given) : given;
  try {
    const data = decodeElements(bytes, element);
    return { shape, dtype: elementDType(element), data, integer: !element.includes("float") };
  } catch (error) {
    return fail(`${what} is damaged`, (error as Error).message);
  }
}
