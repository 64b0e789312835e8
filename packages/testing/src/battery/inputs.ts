/**
 * Tensors for the cases of an op's samples: given values, or values drawn from the stated domain.
 */

import { allocate, type DType, type OpCase, type SampleInput, sizeOf, type Tensor, tensor } from "@prewitt/core";
import { randomFrom } from "../random.ts";

export type FloatType = "float32" | "float64";

function dtypeOf(input: SampleInput, float: FloatType): DType {
  const { dtype = "float" } = input;
  return dtype === "float" ? float : dtype;
}

function domainOf(input: SampleInput, dtype: DType): readonly [number, number] {
  if (input.domain !== undefined) return input.domain;
  if (dtype === "bool") return [0, 1];
  return dtype === "uint8" ? [0, 4] : [-2, 2];
}

/** One tensor an input. The same `key` gives the same values; float32 and float64 get the same numbers, rounded. */
export function makeInputs(sample: OpCase, float: FloatType, key: string): Tensor[] {
  return sample.inputs.map((input, i) => {
    const dtype = dtypeOf(input, float);
    const size = sizeOf(input.shape);
    const array = allocate(dtype, size);
    if (input.values !== undefined) {
      if (input.values.length !== size)
        throw new Error(`input ${i} has ${input.values.length} values for ${size} elements`);
      array.set(input.values);
    } else {
      const [low, high] = domainOf(input, dtype);
      const random = randomFrom(`${key} ${i}`);
      const real = dtype === "float32" || dtype === "float64";
      for (let e = 0; e < size; e++)
        array[e] = real ? low + (high - low) * random() : low + Math.floor((high - low + 1) * random());
    }
    return tensor(array, { shape: input.shape, dtype });
  });
}

/** Whether a case means something else in float32 than in float64. */
export function floatTypesOf(sample: OpCase): readonly FloatType[] {
  return sample.inputs.some((input) => (input.dtype ?? "float") === "float") ? ["float32", "float64"] : ["float32"];
}
