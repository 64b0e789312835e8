/** Samples of `argmin`. */

import type { OpSamples } from "../graph/samples.ts";
import { argExtremumSamples } from "./arg-extremum.samples.ts";
import { argmin } from "./argmin.ts";

export const samples: OpSamples = argExtremumSamples({
  op: "argmin",
  place: argmin,
  ties: { values: [1, 1, 5, 4, 0, 0], expected: [0, 1] },
  flattened: 4,
  ofIntegers: 1,
});
