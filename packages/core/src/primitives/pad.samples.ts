/** Samples of `pad`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { pad } from "./pad.ts";

export const samples: OpSamples = {
  op: "pad",
  cases: [
    {
      name: "zeros around a matrix",
      inputs: [{ shape: [2, 2], values: [1, 2, 3, 4] }],
      call: (x) =>
        pad(x, [
          [1, 0],
          [0, 2],
        ]),
      expected: [[0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0]],
      gradients: [[1, 1, 1, 1]],
    },
    {
      name: "another value",
      inputs: [{ shape: [3] }],
      call: (x) => pad(x, [[2, 1]], { value: -1.5 }),
    },
    {
      name: "in four axes",
      inputs: [{ shape: [1, 2, 3, 3] }],
      call: (x) =>
        pad(x, [
          [0, 0],
          [0, 0],
          [1, 2],
          [0, 1],
        ]),
    },
    {
      name: "of a transposed tensor",
      inputs: [{ shape: [2, 3] }],
      call: (x) =>
        pad(x.transpose(), [
          [1, 1],
          [0, 1],
        ]),
    },
    {
      name: "integers",
      inputs: [{ shape: [2], dtype: "int32", values: [1, 2] }],
      call: (x) => pad(x, [[1, 1]], { value: 9 }),
      expected: [[9, 1, 2, 9]],
    },
    {
      name: "around nothing",
      inputs: [{ shape: [0] }],
      call: (x) => pad(x, [[1, 2]]),
      differentiable: [],
      expected: [[0, 0, 0]],
    },
  ],
  errors: [
    {
      name: "too few pairs",
      make: () => pad(zeros([2, 3]), [[1, 1]]),
      error: "ShapeError",
      message: [
        "[pad] 1 pair of widths for 2 axes",
        "  x: float32 [2, 3]",
        "  fix: give one [before, after] an axis, [0, 0] where nothing is added",
      ],
    },
    {
      name: "negative widths",
      make: () =>
        pad(zeros([2, 3]), [
          [-1, 0],
          [0, 1],
        ]),
      error: "OptionError",
      message: [
        "[pad] widths must be pairs of integers of 0 or more",
        "  x: float32 [2, 3]",
        "  - axis 0: [-1, 0]",
        "  fix: write [before, after] an axis; use slice to cut",
      ],
    },
    {
      name: "a value that does not fit",
      make: () => pad(zeros([2], { dtype: "uint8" }), [[1, 1]], { value: 0.5 }),
      error: "DTypeError",
      message: [
        "[pad] the value 0.5 does not fit uint8",
        "  x: uint8 [2]",
        "  - 0.5 is not an integer",
        "  fix: cast x first",
      ],
    },
    {
      name: "an unknown option",
      make: () => pad(zeros([2]), [[1, 1]], { mode: "reflect" } as object),
      error: "OptionError",
      message: ['[pad] unknown option "mode"', "  - known options: value", '  fix: remove "mode"'],
    },
  ],
};
