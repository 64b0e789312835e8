/** ONNX's numbers of element types (TensorProto.DataType), and the dtypes of tensors. */

import type { DType } from "@prewitt/core";
import type { FileElement } from "../files/elements.ts";

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;

/** The number of each dtype. */
export const elementTypes: Readonly<Record<DType, number>> = {
  float32: FLOAT,
  uint8: 2,
  int32: INT32,
  bool: BOOL,
  float64: 11,
};

/** The elements that files may have, by number; text and complex numbers are left out. */
export const fileElements: ReadonlyMap<number, FileElement> = new Map([
  [FLOAT, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [4, "uint16"],
  [5, "int16"],
  [INT32, "int32"],
  [INT64, "int64"],
  [BOOL, "bool"],
  [10, "float16"],
  [11, "float64"],
  [12, "uint32"],
  [13, "uint64"],
  [16, "bfloat16"],
]);
