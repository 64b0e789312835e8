/**
 * @prewitt/core: tensors, the graph, automatic differentiation, the planner and the reference executor.
 */

import "./tensor/methods.ts";

export * from "./autodiff/checkpoint.ts";
export * from "./autodiff/custom-gradient.ts";
export * from "./autodiff/grad.ts";
export { stopGradient, stopGradientOp } from "./autodiff/stop-gradient.ts";
export * from "./autodiff/transforms.ts";
export * from "./errors/errors.ts";
export { checkOptions, nearest } from "./errors/options.ts";
export { constantNode, scalarNode, scalarValue } from "./graph/leaves.ts";
export { locate } from "./graph/locate.ts";
export { Node } from "./graph/node.ts";
export * from "./graph/op.ts";
export type { OpCase, OpErrorCase, OpSamples, SampleInput } from "./graph/samples.ts";
export { currentScope, scope, withScope } from "./graph/scope.ts";
export { captureSite, formatSite, type Site } from "./graph/site.ts";
export { byteText, type Cost, costOf, kernelFlops, nodeFlops } from "./plan/cost.ts";
export { collect, type Graph } from "./plan/graph.ts";
export { formatGraph } from "./plan/graph-text.ts";
export { type Inspection, inspect } from "./plan/inspect.ts";
export { type PlanStages, plan, planStages } from "./plan/plan.ts";
export { validateGraph, validateProgram } from "./plan/validate.ts";
export { reducedShape, reduceOptions, resolveAxes, resolveAxis } from "./primitives/axes.ts";
export { type Accepts, type ElementwiseInit, elementwise, operand, operands } from "./primitives/elementwise.ts";
export * from "./primitives/index.ts";
export { spreadOverAxes } from "./primitives/reduction.ts";
export { callHost, indexFault, nonFiniteFault, positionAt } from "./program/faults.ts";
export * from "./program/geometry.ts";
export * from "./program/kernels.ts";
export * from "./program/operand.ts";
export * from "./program/program.ts";
export * from "./program/scalar.ts";
export { formatProgram } from "./program/text.ts";
export * from "./program/tolerance.ts";
export { streamKey } from "./random/stream.ts";
export { threefry2x32, threefryInto } from "./random/threefry.ts";
export { referenceExecutor } from "./reference/executor.ts";
export { checkingExecutor } from "./run/checking/executor.ts";
export { type Argument, type Compiled, type CompileOptions, compile } from "./run/compile.ts";
export { evaluate, settle, settleGeneration } from "./run/evaluate.ts";
export * from "./run/executor.ts";
export { currentExecutor, useExecutor } from "./run/executors.ts";
export { notice } from "./run/notice.ts";
export { seed } from "./run/seed.ts";
export { guarded, Trace } from "./run/trace.ts";
export { Variable, type VariableOptions, versionCell } from "./run/variable.ts";
export { type ModuleCall, session } from "./session.ts";
export * from "./tensor/create.ts";
export * from "./tensor/dtype.ts";
export * from "./tensor/format.ts";
export * from "./tensor/methods-type.ts";
export * from "./tensor/shape.ts";
export * from "./tensor/tensor.ts";
export { addTrees, scaleTree } from "./tree/arithmetic.ts";
export * from "./tree/tree.ts";
