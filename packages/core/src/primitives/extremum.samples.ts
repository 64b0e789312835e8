/** Samples that `max` and `min` share: the same shapes, layouts and mistakes. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { max } from "./max.ts";

export interface ExtremumCases {
  readonly op: "max" | "min";
  readonly extremum: typeof max;
  /** Values [2, 3] with ties along axis 1, what is expected of them, and where the gradient goes. */
  readonly ties: {
    readonly values: readonly number[];
    readonly expected: readonly number[];
    readonly gradient: readonly number[];
  };
  /** What is expected of the integers. */
  readonly ofIntegers: number;
}

export function extremumSamples({ op, extremum, ties, ofIntegers }: ExtremumCases): OpSamples {
  return {
    op,
    cases: [
      {
        name: "all axes",
        inputs: [
          {
            shape: [2, 3, 4],
            values: [
              0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
              -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213,
            ],
          },
        ],
        call: (x) => extremum(x),
      },
      {
        name: "the last axis",
        inputs: [
          {
            shape: [3, 4],
            values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
          },
        ],
        call: (x) => extremum(x, -1),
      },
      {
        name: "the first axis",
        inputs: [
          {
            shape: [3, 4],
            values: [0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341],
          },
        ],
        call: (x) => extremum(x, 0),
      },
      {
        name: "outer and inner axes, kept",
        inputs: [
          {
            shape: [2, 3, 4, 2],
            values: [
              0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
              -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213, 0.0744,
              -1.1225, 2.1806, 1.0837, -0.4132, 1.8899, -2.107, 0.6961, 1.0992, -0.5977, -1.6946, 0.5085, 0.0616,
              -1.0353, 2.1678, 1.1709, -0.426, 1.9771, -2.1198, 0.7833, 1.0864, -0.5105, -1.7074, 0.5957,
            ],
          },
        ],
        call: (x) => extremum(x, { axis: [0, 2], keepDims: true }),
      },
      {
        name: "axes in the middle",
        inputs: [
          {
            shape: [2, 3, 2, 2],
            values: [
              0.1, -1.2969, 2.2062, 0.9093, -0.3876, 1.7155, -2.0814, 0.5217, 1.1248, -0.7721, -1.669, 0.3341, 0.0872,
              -1.2097, 2.1934, 0.9965, -0.4004, 1.8027, -2.0942, 0.6089, 1.112, -0.6849, -1.6818, 0.4213,
            ],
          },
        ],
        call: (x) => extremum(x, { axis: [1, 2] }),
      },
      {
        name: "a scalar",
        inputs: [{ shape: [] }],
        call: (x) => extremum(x),
      },
      {
        name: "at ties the first gets it all",
        inputs: [{ shape: [2, 3], values: ties.values }],
        call: (x) => extremum(x, 1),
        differentiable: [],
        expected: [ties.expected],
        gradients: [ties.gradient],
      },
      {
        name: "at ties over two axes the first in row-major order",
        inputs: [{ shape: [2, 2], values: [3, 3, 3, 3] }],
        call: (x) => extremum(x),
        differentiable: [],
        expected: [[3]],
        gradients: [[1, 0, 0, 0]],
      },
      {
        name: "NaN wins",
        inputs: [{ shape: [3], values: [1, Number.NaN, 5] }],
        call: (x) => extremum(x),
        differentiable: [],
        expected: [[Number.NaN]],
        gradients: [[0, 1, 0]],
      },
      {
        name: "infinities",
        inputs: [{ shape: [2], values: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] }],
        call: (x) => extremum(x),
        differentiable: [],
        expected: [[Number.NEGATIVE_INFINITY]],
        gradients: [[1, 0]],
      },
      {
        name: "integers",
        inputs: [{ shape: [3], dtype: "int32", values: [4, -7, 9] }],
        call: (x) => extremum(x),
        expected: [[ofIntegers]],
      },
    ],
    errors: extremumErrors(op, extremum),
  };
}

/** Mistakes that `max`, `min`, `argmax` and `argmin` answer alike. */
export function extremumErrors(
  op: string,
  reduce: (x: Tensor, options?: { readonly axis?: number }) => Tensor,
): OpSamples["errors"] {
  return [
    {
      name: "an axis that is not there",
      make: () => reduce(zeros([2, 3]), { axis: 2 }),
      error: "ShapeError",
      message: [`[${op}] axis 2 is no axis of a tensor of rank 2`, "  x: [2, 3]", "  fix: use an integer from -2 to 1"],
    },
    {
      name: "bool",
      make: () => reduce(zeros([2], { dtype: "bool" })),
      error: "DTypeError",
      message: [
        `[${op}] the dtype does not fit`,
        "  x: bool [2]",
        `  - x is bool, but ${op} takes float32, float64, int32 or uint8`,
        '  fix: x.cast("int32")',
      ],
    },
    {
      name: "no elements",
      make: () => reduce(zeros([0, 3]), { axis: 0 }),
      error: "ShapeError",
      message: [
        `[${op}] there is nothing to reduce`,
        "  x: float32 [0, 3]",
        "  - axis 0 has extent 0",
        "  fix: reduce axes with at least one element",
      ],
    },
    {
      name: "an unknown option",
      make: () => reduce(zeros([2]), { axes: 0 } as object),
      error: "OptionError",
      message: [`[${op}] unknown option "axes"`, "  - known options: axis, keepDims", '  fix: write "axis"'],
    },
  ];
}
