/**
 * @prewitt/testing: gradient checks, arbitraries and the op battery, for the library's own ops and for yours.
 */

export { type AdjointOptions, type AdjointSides, adjointSides, checkAdjoint } from "./adjoint.ts";
export {
  axes,
  axis,
  type BroadcastPair,
  broadcastPairs,
  permutations,
  type ShapeConstraints,
  shapes,
} from "./arbitraries/shapes.ts";
export { type TensorConstraints, tensorCode, tensors } from "./arbitraries/tensors.ts";
export {
  type ConvCase,
  convCases,
  type PoolCase,
  poolCases,
  type WindowConstraints,
  type WindowOptionSet,
} from "./arbitraries/windows.ts";
export { type AnyOp, type BatteryCase, type BatteryOptions, battery } from "./battery/battery.ts";
export { messageLines } from "./battery/errors.ts";
export { expectClose, expectSameBits, firstDifference, type Tolerance } from "./bits.ts";
export { type CheckedFunction, type CheckGradientsOptions, checkGradients } from "./gradients/check-gradients.ts";
export { type Derivative, type DifferenceOptions, derivativeAtZero } from "./gradients/difference.ts";
export { GradientCheckError, type GradientEntry, type GradientReport } from "./gradients/report.ts";
export { baseTemplates } from "./graphs/base-templates.ts";
export { type RandomGraph, type RandomGraphOptions, randomGraphs } from "./graphs/random-graphs.ts";
export type { GraphTemplate, GraphValue, TemplateContext } from "./graphs/template.ts";
export { checkedStages, inputsOf, type RunResult, runOn } from "./run-on.ts";
