/**
 * Collating: samples with the same fields become one batch of tensors, [B, …shape of the field].
 *
 * Every sample must have the fields of the first, with the same shapes and dtypes: images of different sizes are
 * cropped or resized by a transform first.
 */

import { allocate, constantNode, DataError, type DType, dtypeOfArray, isTensor, type TypedArray } from "@prewitt/core";
import type { Batch, Field, NdArray, Sample } from "./nd-array.ts";

interface Part extends NdArray {
  readonly dtype: DType;
}

const scalar: readonly number[] = [];

function partOf(field: Field, name: string, index: number): Part {
  if (isTensor(field)) return { data: field.dataSync(), shape: field.shape, dtype: field.dtype };
  if (typeof field === "boolean") return { data: Uint8Array.of(field ? 1 : 0), shape: scalar, dtype: "bool" };
  if (typeof field === "number") {
    if (Number.isInteger(field)) return { data: Int32Array.of(field), shape: scalar, dtype: "int32" };
    throw new DataError({
      op: "loader",
      summary: `field "${name}" of sample ${index} is ${field}, and a plain number must be an integer`,
      fix: `give fractions as { data: Float32Array.of(${field}), shape: [] }`,
    });
  }
  const dtype = ArrayBuffer.isView(field?.data) ? dtypeOfArray(field.data) : undefined;
  if (dtype === undefined || !Array.isArray(field.shape)) {
    throw new DataError({
      op: "loader",
      summary: `field "${name}" of sample ${index} is neither a number, a tensor nor { data, shape }`,
      fix: "give typed arrays with their shape: { data: Uint8Array, shape: [C, H, W] }",
    });
  }
  return { data: field.data, shape: field.shape, dtype };
}

/**
 * One batch of `samples`; `indices` are their numbers in the data set, for errors.
 * Throws `DataError` when the samples do not agree in fields, shapes and dtypes.
 */
export function collate<S extends Sample<S>>(samples: readonly S[], indices: ArrayLike<number>): Batch<S> {
  const names = fieldNames(samples[0], indices[0] as number);
  const batch: Record<string, unknown> = {};
  for (const name of names) {
    const parts = samples.map((sample, k) => {
      const field = (sample as Readonly<Record<string, Field | undefined>>)[name];
      if (field !== undefined) return partOf(field, name, indices[k] as number);
      throw new DataError({
        op: "loader",
        summary: `sample ${indices[k]} has no field "${name}"`,
        problems: [`sample ${indices[0]} has ${names.join(", ")}`],
        fix: "give every sample the same fields",
      });
    });
    batch[name] = stackParts(parts, name, indices);
  }
  return batch as Batch<S>;
}

function fieldNames(sample: unknown, index: number): string[] {
  const names = typeof sample === "object" && sample !== null ? Object.keys(sample) : [];
  if (names.length > 0 && !ArrayBuffer.isView(sample) && !Array.isArray(sample)) return names;
  throw new DataError({
    op: "loader",
    summary: `sample ${index} is not a record of fields`,
    fix: "give samples such as { image: { data, shape: [1, 28, 28] }, label: 3 }",
  });
}

function stackParts(parts: readonly Part[], name: string, indices: ArrayLike<number>) {
  const first = parts[0] as Part;
  const size = first.data.length;
  const data: TypedArray = allocate(first.dtype, parts.length * size);
  parts.forEach((part, k) => {
    const same = part.dtype === first.dtype && part.shape.length === first.shape.length;
    if (!same || part.shape.some((n, axis) => n !== first.shape[axis])) {
      throw new DataError({
        op: "loader",
        summary: `the samples of a batch differ in field "${name}"`,
        operands: [
          { name: `sample ${indices[0]}`, shape: first.shape, dtype: first.dtype },
          { name: `sample ${indices[k]}`, shape: part.shape, dtype: part.dtype },
        ],
        fix: "bring them to one shape and dtype in a transform",
      });
    }
    data.set(part.data, k * size);
  });
  return constantNode(data, [parts.length, ...first.shape], first.dtype);
}
