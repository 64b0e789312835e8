/** Samples of `argmax`. */

import type { OpSamples } from "../graph/samples.ts";
import { argExtremumSamples } from "./arg-extremum.samples.ts";
import { argmax } from "./argmax.ts";

export const samples: OpSamples = argExtremumSamples({
  op: "argmax",
  place: argmax,
  ties: { values: [1, 5, 5, 4, 4, 0], expected: [1, 0] },
  flattened: 3,
  ofIntegers: 2,
});
