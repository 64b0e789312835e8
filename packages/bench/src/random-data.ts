/** Data for measurements: normal-like numbers from a fixed sequence, and label numbers. */

import { type Tensor, tensor } from "prewitt";

export function randomTensor(shape: readonly number[], scale = 1): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = 0x9e3779b9;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = (state / 2 ** 31) * scale;
  }
  return tensor(data, { shape: [...shape] });
}

export function randomLabels(count: number, classes: number): Tensor {
  return tensor(
    Int32Array.from({ length: count }, (_, i) => (i * 7 + 3) % classes),
    { shape: [count] },
  );
}
