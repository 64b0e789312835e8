/** Samples that `argmax` and `argmin` share: the same shapes and mistakes. */

import type { OpSamples } from "../graph/samples.ts";
import type { argmax } from "./argmax.ts";
import { extremumErrors } from "./extremum.samples.ts";

export interface ArgExtremumCases {
  readonly op: "argmax" | "argmin";
  readonly place: typeof argmax;
  /** Values [2, 3] with ties along axis 1, and the places expected. */
  readonly ties: { readonly values: readonly number[]; readonly expected: readonly number[] };
  /** Expected places in the flattened values and in the integers. */
  readonly flattened: number;
  readonly ofIntegers: number;
}

export function argExtremumSamples({ op, place, ties, flattened, ofIntegers }: ArgExtremumCases): OpSamples {
  return {
    op,
    cases: [
      {
        name: "all elements",
        inputs: [
          {
            shape: [2, 3, 4],
            values: [
              0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
              -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213,
            ],
          },
        ],
        call: (x) => place(x),
        differentiable: [],
      },
      {
        name: "an axis, kept",
        inputs: [
          {
            shape: [3, 4],
            values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
          },
        ],
        call: (x) => place(x, { axis: 0, keepDims: true }),
        differentiable: [],
      },
      {
        name: "the first of ties",
        inputs: [{ shape: [2, 3], values: ties.values }],
        call: (x) => place(x, 1),
        differentiable: [],
        expected: [ties.expected],
      },
      {
        name: "the flattened index",
        inputs: [{ shape: [2, 3], values: [0, 1, 2, 9, -4, 5] }],
        call: (x) => place(x),
        differentiable: [],
        expected: [[flattened]],
      },
      {
        name: "NaN wins",
        inputs: [{ shape: [4], values: [1, Number.NaN, 5, Number.NaN] }],
        call: (x) => place(x),
        differentiable: [],
        expected: [[1]],
      },
      {
        name: "integers",
        inputs: [{ shape: [3], dtype: "int32", values: [4, -7, 9] }],
        call: (x) => place(x),
        expected: [[ofIntegers]],
      },
    ],
    errors: extremumErrors(op, place),
  };
}
