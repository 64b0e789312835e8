/**
 * Samples of all base ops, and of the functions that are built of several: what the op battery of core runs.
 */

import type { OpSamples } from "../graph/samples.ts";
import { samples as absSamples } from "./abs.samples.ts";
import { samples as addSamples } from "./add.samples.ts";
import { samples as arangeSamples } from "./arange.samples.ts";
import { samples as argmaxSamples } from "./argmax.samples.ts";
import { samples as argminSamples } from "./argmin.samples.ts";
import { samples as broadcastToSamples } from "./broadcast-to.samples.ts";
import { samples as castSamples } from "./cast.samples.ts";
import { samples as ceilSamples } from "./ceil.samples.ts";
import { samples as clampSamples } from "./clamp.samples.ts";
import { samples as concatSamples } from "./concat.samples.ts";
import { samples as cosSamples } from "./cos.samples.ts";
import { samples as cumsumSamples } from "./cumsum.samples.ts";
import { samples as divSamples } from "./div.samples.ts";
import { samples as equalSamples } from "./equal.samples.ts";
import { samples as erfSamples } from "./erf.samples.ts";
import { samples as expSamples } from "./exp.samples.ts";
import { samples as expm1Samples } from "./expm1.samples.ts";
import { samples as eyeSamples } from "./eye.samples.ts";
import { samples as flipSamples } from "./flip.samples.ts";
import { samples as floorSamples } from "./floor.samples.ts";
import { samples as gatherSamples } from "./gather.samples.ts";
import { samples as greaterSamples } from "./greater.samples.ts";
import { samples as greaterEqualSamples } from "./greater-equal.samples.ts";
import { samples as iotaSamples } from "./iota.samples.ts";
import { samples as isFiniteSamples } from "./is-finite.samples.ts";
import { samples as isNanSamples } from "./is-nan.samples.ts";
import { samples as lessSamples } from "./less.samples.ts";
import { samples as lessEqualSamples } from "./less-equal.samples.ts";
import { samples as logSamples } from "./log.samples.ts";
import { samples as log1pSamples } from "./log1p.samples.ts";
import { samples as logicalAndSamples } from "./logical-and.samples.ts";
import { samples as logicalNotSamples } from "./logical-not.samples.ts";
import { samples as logicalOrSamples } from "./logical-or.samples.ts";
import { samples as matmulSamples } from "./matmul.samples.ts";
import { samples as maxSamples } from "./max.samples.ts";
import { samples as maximumSamples } from "./maximum.samples.ts";
import { samples as meanSamples } from "./mean.samples.ts";
import { samples as minSamples } from "./min.samples.ts";
import { samples as minimumSamples } from "./minimum.samples.ts";
import { samples as mulSamples } from "./mul.samples.ts";
import { samples as negSamples } from "./neg.samples.ts";
import { samples as normalSamples } from "./normal.samples.ts";
import { samples as notEqualSamples } from "./not-equal.samples.ts";
import { samples as oneHotSamples } from "./one-hot.samples.ts";
import { samples as padSamples } from "./pad.samples.ts";
import { samples as powSamples } from "./pow.samples.ts";
import { samples as randomBitsSamples } from "./random-bits.samples.ts";
import { samples as reciprocalSamples } from "./reciprocal.samples.ts";
import { samples as reshapeSamples } from "./reshape.samples.ts";
import { samples as roundSamples } from "./round.samples.ts";
import { samples as scatterAddSamples } from "./scatter-add.samples.ts";
import { samples as sigmoidSamples } from "./sigmoid.samples.ts";
import { samples as signSamples } from "./sign.samples.ts";
import { samples as sinSamples } from "./sin.samples.ts";
import { samples as sliceSamples } from "./slice.samples.ts";
import { samples as sortSamples } from "./sort.samples.ts";
import { samples as splitSamples } from "./split.samples.ts";
import { samples as sqrtSamples } from "./sqrt.samples.ts";
import { samples as squareSamples } from "./square.samples.ts";
import { samples as squeezeSamples } from "./squeeze.samples.ts";
import { samples as stackSamples } from "./stack.samples.ts";
import { samples as stopGradientSamples } from "./stop-gradient.samples.ts";
import { samples as subSamples } from "./sub.samples.ts";
import { samples as sumSamples } from "./sum.samples.ts";
import { samples as takeSamples } from "./take.samples.ts";
import { samples as tanhSamples } from "./tanh.samples.ts";
import { samples as transposeSamples } from "./transpose.samples.ts";
import { samples as uniformSamples } from "./uniform.samples.ts";
import { samples as unitIntervalSamples } from "./unit-interval.samples.ts";
import { samples as unsqueezeSamples } from "./unsqueeze.samples.ts";
import { samples as varianceSamples } from "./variance.samples.ts";
import { samples as whereSamples } from "./where.samples.ts";

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
