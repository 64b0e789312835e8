/** Samples of `max`. */

import type { OpSamples } from "../graph/samples.ts";
import { extremumSamples } from "./extremum.samples.ts";
import { max } from "./max.ts";

export const samples: OpSamples = extremumSamples({
  op: "max",
  extremum: max,
  ties: { values: [1, 5, 5, 4, 4, 0], expected: [5, 4], gradient: [0, 1, 0, 1, 0, 0] },
  ofIntegers: 9,
});
