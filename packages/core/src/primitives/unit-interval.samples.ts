/** Samples of `unitInterval`. */

import type { OpSamples } from "../graph/samples.ts";
import { zeros } from "../tensor/create.ts";
import { unitIntervalOp } from "./uniform.ts";

export const samples: OpSamples = {
  op: "unitInterval",
  cases: [
    {
      name: "from the top 24 bits",
      inputs: [{ shape: [5], dtype: "int32", values: [0, 255, 256, -1, -2147483648] }],
      call: (bits) => unitIntervalOp.apply([bits], {}),
      expected: [[0, 0, 2 ** -24, 1 - 2 ** -24, 0.5]],
    },
  ],
  errors: [
    {
      name: "floats",
      make: () => unitIntervalOp.apply([zeros([2])], {}),
      error: "DTypeError",
      message: ["[unitInterval] bits must be int32", "  bits: float32 [2]", '  fix: bits.cast("int32")'],
    },
  ],
};
