/** Checks of index operands, shared by gather, take and scatterAdd. */

import { DTypeError } from "../errors/errors.ts";
import type { TensorSpec } from "../tensor/tensor.ts";

/** Throws `DTypeError` unless the index is int32. */
export function checkIndex(index: TensorSpec): void {
  if (index.dtype === "int32") return;
  throw new DTypeError({
    summary: "index must be int32",
    problems: [`index is ${index.dtype}`],
    fix: 'index.cast("int32")',
  });
}
