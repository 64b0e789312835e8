/**
 * All base ops: functions, definitions, and the list of definitions that the op battery takes.
 */

import { stopGradientOp } from "../autodiff/stop-gradient.ts";
import type { Op } from "../graph/op.ts";
import { absOp } from "./abs.ts";
import { addOp } from "./add.ts";
import { arangeOp } from "./arange.ts";
import { argmaxOp } from "./argmax.ts";
import { argminOp } from "./argmin.ts";
import { broadcastToOp } from "./broadcast-to.ts";
import { castOp } from "./cast.ts";
import { ceilOp } from "./ceil.ts";
import { clampOp } from "./clamp.ts";
import { concatOp } from "./concat.ts";
import { cosOp } from "./cos.ts";
import { cumsumOp } from "./cumsum.ts";
import { divOp } from "./div.ts";
import { equalOp } from "./equal.ts";
import { erfOp } from "./erf.ts";
import { expOp } from "./exp.ts";
import { expm1Op } from "./expm1.ts";
import { eyeOp } from "./eye.ts";
import { flipOp } from "./flip.ts";
import { floorOp } from "./floor.ts";
import { gatherOp } from "./gather.ts";
import { greaterOp } from "./greater.ts";
import { greaterEqualOp } from "./greater-equal.ts";
import { iotaOp } from "./iota.ts";
import { isFiniteOp } from "./is-finite.ts";
import { isNaNOp } from "./is-nan.ts";
import { lessOp } from "./less.ts";
import { lessEqualOp } from "./less-equal.ts";
import { logOp } from "./log.ts";
import { log1pOp } from "./log1p.ts";
import { logicalAndOp } from "./logical-and.ts";
import { logicalNotOp } from "./logical-not.ts";
import { logicalOrOp } from "./logical-or.ts";
import { matmulOp } from "./matmul.ts";
import { maxOp } from "./max.ts";
import { maximumOp } from "./maximum.ts";
import { meanOp } from "./mean.ts";
import { minOp } from "./min.ts";
import { minimumOp } from "./minimum.ts";
import { mulOp } from "./mul.ts";
import { negOp } from "./neg.ts";
import { normalOp } from "./normal.ts";
import { notEqualOp } from "./not-equal.ts";
import { oneHotOp } from "./one-hot.ts";
import { padOp } from "./pad.ts";
import { powOp } from "./pow.ts";
import { randomBitsOp } from "./random-bits.ts";
import { reciprocalOp } from "./reciprocal.ts";
import { reshapeOp } from "./reshape.ts";
import { roundOp } from "./round.ts";
import { scatterAddOp } from "./scatter-add.ts";
import { sigmoidOp } from "./sigmoid.ts";
import { signOp } from "./sign.ts";
import { sinOp } from "./sin.ts";
import { sliceOp } from "./slice.ts";
import { sortOp } from "./sort.ts";
import { sqrtOp } from "./sqrt.ts";
import { squareOp } from "./square.ts";
import { subOp } from "./sub.ts";
import { sumOp } from "./sum.ts";
import { takeOp } from "./take.ts";
import { tanhOp } from "./tanh.ts";
import { transposeOp } from "./transpose.ts";
import { uniformOp, unitIntervalOp } from "./uniform.ts";
import { varianceOp } from "./variance.ts";
import { whereOp } from "./where.ts";

export { abs, absOp } from "./abs.ts";
export { add, addOp } from "./add.ts";
export { type ArangeOptions, arange, arangeOp } from "./arange.ts";
export { type ArgMaxOptions, argmax, argmaxOp } from "./argmax.ts";
export { type ArgMinOptions, argmin, argminOp } from "./argmin.ts";
export { broadcastTo, broadcastToOp } from "./broadcast-to.ts";
export { cast, castOp } from "./cast.ts";
export { ceil, ceilOp } from "./ceil.ts";
export { clamp, clampOp } from "./clamp.ts";
export { concat, concatOp } from "./concat.ts";
export { cos, cosOp } from "./cos.ts";
export { type CumsumOptions, cumsum, cumsumOp } from "./cumsum.ts";
export { div, divOp } from "./div.ts";
export { equal, equalOp } from "./equal.ts";
export { erf, erfOp } from "./erf.ts";
export { exp, expOp } from "./exp.ts";
export { expm1, expm1Op } from "./expm1.ts";
export { eye, eyeOp } from "./eye.ts";
export { flip, flipOp } from "./flip.ts";
export { floor, floorOp } from "./floor.ts";
export { gather, gatherOp } from "./gather.ts";
export { greater, greaterOp } from "./greater.ts";
export { greaterEqual, greaterEqualOp } from "./greater-equal.ts";
export { iota, iotaOp } from "./iota.ts";
export { isFinite, isFiniteOp } from "./is-finite.ts";
export { isNaN, isNaNOp } from "./is-nan.ts";
export { less, lessOp } from "./less.ts";
export { lessEqual, lessEqualOp } from "./less-equal.ts";
export { log, logOp } from "./log.ts";
export { log1p, log1pOp } from "./log1p.ts";
export { logicalAnd, logicalAndOp } from "./logical-and.ts";
export { logicalNot, logicalNotOp } from "./logical-not.ts";
export { logicalOr, logicalOrOp } from "./logical-or.ts";
export { matmul, matmulOp } from "./matmul.ts";
export { max, maxOp } from "./max.ts";
export { maximum, maximumOp } from "./maximum.ts";
export { mean, meanOp } from "./mean.ts";
export { min, minOp } from "./min.ts";
export { minimum, minimumOp } from "./minimum.ts";
export { mul, mulOp } from "./mul.ts";
export { neg, negOp } from "./neg.ts";
export { normal, normalOp } from "./normal.ts";
export { notEqual, notEqualOp } from "./not-equal.ts";
export { oneHot, oneHotOp } from "./one-hot.ts";
export { pad, padOp } from "./pad.ts";
export { pow, powOp } from "./pow.ts";
export { randomBits, randomBitsOp } from "./random-bits.ts";
export { reciprocal, reciprocalOp } from "./reciprocal.ts";
export { reshape, reshapeOp } from "./reshape.ts";
export { round, roundOp } from "./round.ts";
export { scatterAdd, scatterAddOp } from "./scatter-add.ts";
export { sigmoid, sigmoidOp } from "./sigmoid.ts";
export { sign, signOp } from "./sign.ts";
export { sin, sinOp } from "./sin.ts";
export { slice, sliceOp } from "./slice.ts";
export { type SortOptions, sort, sortOp } from "./sort.ts";
export { split } from "./split.ts";
export { sqrt, sqrtOp } from "./sqrt.ts";
export { square, squareOp } from "./square.ts";
export { squeeze } from "./squeeze.ts";
export { stack } from "./stack.ts";
export { sub, subOp } from "./sub.ts";
export { sum, sumOp } from "./sum.ts";
export { take, takeOp } from "./take.ts";
export { tanh, tanhOp } from "./tanh.ts";
export { transpose, transposeOp } from "./transpose.ts";
export { uniform, uniformOp, unitIntervalOp } from "./uniform.ts";
export { unsqueeze } from "./unsqueeze.ts";
export { moments, type VarianceOptions, variance, varianceOp } from "./variance.ts";
export { where, whereOp } from "./where.ts";

/** Every base op, by name. Each has samples beside it, which `../samples.ts` collects. */
// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export const allOps: readonly Op<any>[] = [
  absOp,
  addOp,
  arangeOp,
  argmaxOp,
  argminOp,
  broadcastToOp,
  castOp,
  ceilOp,
  clampOp,
  concatOp,
  cosOp,
  cumsumOp,
  divOp,
  equalOp,
  erfOp,
  expOp,
  expm1Op,
  eyeOp,
  flipOp,
  floorOp,
  gatherOp,
  greaterOp,
  greaterEqualOp,
  iotaOp,
  isFiniteOp,
  isNaNOp,
  lessOp,
  lessEqualOp,
  logOp,
  log1pOp,
  logicalAndOp,
  logicalNotOp,
  logicalOrOp,
  matmulOp,
  maxOp,
  maximumOp,
  meanOp,
  minOp,
  minimumOp,
  mulOp,
  negOp,
  normalOp,
  notEqualOp,
  oneHotOp,
  padOp,
  powOp,
  randomBitsOp,
  reciprocalOp,
  reshapeOp,
  roundOp,
  scatterAddOp,
  sigmoidOp,
  signOp,
  sinOp,
  sliceOp,
  sortOp,
  sqrtOp,
  squareOp,
  stopGradientOp,
  subOp,
  sumOp,
  takeOp,
  tanhOp,
  transposeOp,
  uniformOp,
  unitIntervalOp,
  varianceOp,
  whereOp,
];
