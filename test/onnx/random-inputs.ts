/** Tensors for the files that are compared: from samples of ops, and drawn. */

import { allocate, type DType, type OpCase, type Shape, type Tensor, tensor } from "@prewitt/core";

/** Numbers in [0, 1) from a seed (mulberry32). */
export function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Elements in `low … high`, whole for integers. */
export function drawn(shape: Shape, seed = 1, dtype: DType = "float32", [low, high] = [-2, 2]): Tensor {
  const random = drawFrom(seed);
  const data = allocate(
    dtype,
    shape.reduce((n, e) => n * e, 1),
  );
  const real = dtype === "float32" || dtype === "float64";
  for (let i = 0; i < data.length; i++)
    data[i] = real ? low + (high - low) * random() : low + Math.floor((high - low + 1) * random());
  return tensor(data, { shape, dtype });
}

/** The inputs of a sample in float32. */
export function sampleInputs(sample: OpCase): Tensor[] {
  return sample.inputs.map((input, i) => {
    const dtype = input.dtype === undefined || input.dtype === "float" ? "float32" : input.dtype;
    const domain = input.domain ?? (dtype === "bool" ? [0, 1] : dtype === "uint8" ? [0, 4] : [-2, 2]);
    if (input.values === undefined) return drawn(input.shape, i + 1, dtype, [domain[0], domain[1]]);
    const data = allocate(dtype, input.values.length);
    data.set(input.values);
    return tensor(data, { shape: input.shape, dtype });
  });
}
