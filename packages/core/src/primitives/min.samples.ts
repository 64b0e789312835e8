/** Samples of `min`. */

import type { OpSamples } from "../graph/samples.ts";
import { extremumSamples } from "./extremum.samples.ts";
import { min } from "./min.ts";

export const samples: OpSamples = extremumSamples({
  op: "min",
  extremum: min,
  ties: { values: [1, 1, 5, 4, 0, 0], expected: [1, 0], gradient: [1, 0, 0, 0, 1, 0] },
  ofIntegers: -7,
});
