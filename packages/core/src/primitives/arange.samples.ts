/** Samples of `arange`. */

import type { OpSamples } from "../graph/samples.ts";
import { arange } from "./arange.ts";

export const samples: OpSamples = {
  op: "arange",
  cases: [
    {
      name: "from 0",
      inputs: [],
      call: () => arange(4),
      expected: [[0, 1, 2, 3]],
    },
    {
      name: "steps",
      inputs: [],
      call: () => arange(2, 10, 3, { dtype: "int32" }),
      expected: [[2, 5, 8]],
    },
    {
      name: "fractions, each rounded once",
      inputs: [],
      call: () => arange(0, 1, 0.1, { dtype: "float64" }),
      expected: [[0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9]],
    },
    {
      name: "downwards",
      inputs: [],
      call: () => arange(3, 0, -1),
      expected: [[3, 2, 1]],
    },
    {
      name: "nothing",
      inputs: [],
      call: () => arange(0),
      expected: [[]],
    },
    {
      name: "beyond int32",
      inputs: [],
      call: () => arange(3e9, 3e9 + 2, 1, { dtype: "float64" }),
      expected: [[3000000000, 3000000001]],
    },
  ],
  errors: [
    {
      name: "against the step",
      make: () => arange(0, 5, -1),
      error: "OptionError",
      message: ["[arange] steps of -1 do not lead from 0 to 5", "  fix: use a step of 1"],
    },
    {
      name: "step 0",
      make: () => arange(0, 5, 0),
      error: "OptionError",
      message: ["[arange] steps of 0 do not lead from 0 to 5", "  fix: use a step other than 0"],
    },
    {
      name: "values that do not fit",
      make: () => arange(250, 260, 1, { dtype: "uint8" }),
      error: "DTypeError",
      message: [
        "[arange] the values do not fit uint8",
        "  - 259 lies outside 0 … 255",
        '  fix: use { dtype: "int32" }',
      ],
    },
    {
      name: "no number",
      make: () => arange(Number.NaN),
      error: "OptionError",
      message: ["[arange] start, stop and step must be finite numbers, got NaN"],
    },
  ],
};
