/**
 * Samples of all base ops, and of the functions that are built of several: what the op battery of core runs.
 */

import type { OpSamples } from "./graph/samples.ts";
import { samples as absSamples } from "./primitives/abs.samples.ts";
import { samples as addSamples } from "./primitives/add.samples.ts";
import { samples as arangeSamples } from "./primitives/arange.samples.ts";
import { samples as argmaxSamples } from "./primitives/argmax.samples.ts";
import { samples as argminSamples } from "./primitives/argmin.samples.ts";
import { samples as broadcastToSamples } from "./primitives/broadcast-to.samples.ts";
import { samples as castSamples } from "./primitives/cast.samples.ts";
import { samples as ceilSamples } from "./primitives/ceil.samples.ts";
import { samples as clampSamples } from "./primitives/clamp.samples.ts";
import { samples as concatSamples } from "./primitives/concat.samples.ts";
import { samples as cosSamples } from "./primitives/cos.samples.ts";
import { samples as cumsumSamples } from "./primitives/cumsum.samples.ts";
import { samples as divSamples } from "./primitives/div.samples.ts";
import { samples as equalSamples } from "./primitives/equal.samples.ts";
import { samples as erfSamples } from "./primitives/erf.samples.ts";
import { samples as expSamples } from "./primitives/exp.samples.ts";
import { samples as expm1Samples } from "./primitives/expm1.samples.ts";
import { samples as eyeSamples } from "./primitives/eye.samples.ts";
import { samples as flipSamples } from "./primitives/flip.samples.ts";
import { samples as floorSamples } from "./primitives/floor.samples.ts";
import { samples as gatherSamples } from "./primitives/gather.samples.ts";
import { samples as greaterSamples } from "./primitives/greater.samples.ts";
import { samples as greaterEqualSamples } from "./primitives/greater-equal.samples.ts";
import { samples as iotaSamples } from "./primitives/iota.samples.ts";
import { samples as isFiniteSamples } from "./primitives/is-finite.samples.ts";
import { samples as isNanSamples } from "./primitives/is-nan.samples.ts";
import { samples as lessSamples } from "./primitives/less.samples.ts";
import { samples as lessEqualSamples } from "./primitives/less-equal.samples.ts";
import { samples as logSamples } from "./primitives/log.samples.ts";
import { samples as log1pSamples } from "./primitives/log1p.samples.ts";
import { samples as logicalAndSamples } from "./primitives/logical-and.samples.ts";
import { samples as logicalNotSamples } from "./primitives/logical-not.samples.ts";
import { samples as logicalOrSamples } from "./primitives/logical-or.samples.ts";
import { samples as matmulSamples } from "./primitives/matmul.samples.ts";
import { samples as maxSamples } from "./primitives/max.samples.ts";
import { samples as maximumSamples } from "./primitives/maximum.samples.ts";
import { samples as meanSamples } from "./primitives/mean.samples.ts";
import { samples as minSamples } from "./primitives/min.samples.ts";
import { samples as minimumSamples } from "./primitives/minimum.samples.ts";
import { samples as mulSamples } from "./primitives/mul.samples.ts";
import { samples as negSamples } from "./primitives/neg.samples.ts";
import { samples as normalSamples } from "./primitives/normal.samples.ts";
import { samples as notEqualSamples } from "./primitives/not-equal.samples.ts";
import { samples as oneHotSamples } from "./primitives/one-hot.samples.ts";
import { samples as padSamples } from "./primitives/pad.samples.ts";
import { samples as powSamples } from "./primitives/pow.samples.ts";
import { samples as randomBitsSamples } from "./primitives/random-bits.samples.ts";
import { samples as reciprocalSamples } from "./primitives/reciprocal.samples.ts";
import { samples as reshapeSamples } from "./primitives/reshape.samples.ts";
import { samples as roundSamples } from "./primitives/round.samples.ts";
import { samples as scatterAddSamples } from "./primitives/scatter-add.samples.ts";
import { samples as sigmoidSamples } from "./primitives/sigmoid.samples.ts";
import { samples as signSamples } from "./primitives/sign.samples.ts";
import { samples as sinSamples } from "./primitives/sin.samples.ts";
import { samples as sliceSamples } from "./primitives/slice.samples.ts";
import { samples as sortSamples } from "./primitives/sort.samples.ts";
import { samples as splitSamples } from "./primitives/split.samples.ts";
import { samples as sqrtSamples } from "./primitives/sqrt.samples.ts";
import { samples as squareSamples } from "./primitives/square.samples.ts";
import { samples as squeezeSamples } from "./primitives/squeeze.samples.ts";
import { samples as stackSamples } from "./primitives/stack.samples.ts";
import { samples as stopGradientSamples } from "./primitives/stop-gradient.samples.ts";
import { samples as subSamples } from "./primitives/sub.samples.ts";
import { samples as sumSamples } from "./primitives/sum.samples.ts";
import { samples as takeSamples } from "./primitives/take.samples.ts";
import { samples as tanhSamples } from "./primitives/tanh.samples.ts";
import { samples as transposeSamples } from "./primitives/transpose.samples.ts";
import { samples as uniformSamples } from "./primitives/uniform.samples.ts";
import { samples as unitIntervalSamples } from "./primitives/unit-interval.samples.ts";
import { samples as unsqueezeSamples } from "./primitives/unsqueeze.samples.ts";
import { samples as varianceSamples } from "./primitives/variance.samples.ts";
import { samples as whereSamples } from "./primitives/where.samples.ts";

export const allSamples: readonly OpSamples[] = [
  absSamples,
  addSamples,
  arangeSamples,
  argmaxSamples,
  argminSamples,
  broadcastToSamples,
  castSamples,
  ceilSamples,
  clampSamples,
  concatSamples,
  cosSamples,
  cumsumSamples,
  divSamples,
  equalSamples,
  erfSamples,
  expSamples,
  expm1Samples,
  eyeSamples,
  flipSamples,
  floorSamples,
  gatherSamples,
  greaterSamples,
  greaterEqualSamples,
  iotaSamples,
  isFiniteSamples,
  isNanSamples,
  lessSamples,
  lessEqualSamples,
  logSamples,
  log1pSamples,
  logicalAndSamples,
  logicalNotSamples,
  logicalOrSamples,
  matmulSamples,
  maxSamples,
  maximumSamples,
  meanSamples,
  minSamples,
  minimumSamples,
  mulSamples,
  negSamples,
  normalSamples,
  notEqualSamples,
  oneHotSamples,
  padSamples,
  powSamples,
  randomBitsSamples,
  reciprocalSamples,
  reshapeSamples,
  roundSamples,
  scatterAddSamples,
  sigmoidSamples,
  signSamples,
  sinSamples,
  sliceSamples,
  sortSamples,
  splitSamples,
  sqrtSamples,
  squareSamples,
  squeezeSamples,
  stackSamples,
  stopGradientSamples,
  subSamples,
  sumSamples,
  takeSamples,
  tanhSamples,
  transposeSamples,
  uniformSamples,
  unitIntervalSamples,
  unsqueezeSamples,
  varianceSamples,
  whereSamples,
];
