/**
 * Running a graph on an executor of one's choice, every stage of the plan checked on the way.
 */

import {
  collect,
  type Executor,
  holds,
  type Kernel,
  type PlanStages,
  type Program,
  planStages,
  type Tensor,
  type TypedArray,
  validateGraph,
  validateProgram,
} from "@prewitt/core";

/** Plans the graph of `outputs` and validates every graph and program that a pass gives. */
export function checkedStages(outputs: readonly Tensor[], executor: Executor): PlanStages {
  const stages = planStages(collect(outputs), executor.traits);
  for (const graph of [stages.collected, stages.expanded, stages.simplified]) validateGraph(graph);
  for (const program of [stages.lowered, stages.fused, stages.scheduled, stages.program]) validateProgram(program);
  return stages;
}

/** The arrays that a program of `collect(outputs)` is bound to. */
export function inputsOf(program: Program, leaves: readonly Tensor[]): TypedArray[] {
  return program.inputs.map((input) => input.data ?? (leaves[input.leaf] as Tensor).dataSync());
}

export interface RunResult {
  readonly values: readonly TypedArray[];
  readonly kernels: readonly Kernel[];
  /** What the executor calls the code of each kernel; empty where it has no choice. */
  readonly variants: readonly string[];
}

/**
 * Values of `outputs`, computed by `executor` in a program of their own; nothing is kept in the graph. Throws when a
 * pass breaks a rule, or a value has not the dtype and size that the shape rules promised.
 */
export function runOn(executor: Executor, outputs: readonly Tensor[]): RunResult {
  const { program, collected } = checkedStages(outputs, executor);
  const prepared = executor.prepare(program);
  const values = prepared.run({ inputs: inputsOf(program, collected.leaves), variables: [] });
  const arrays = values.map((value, i) => {
    const t = outputs[i] as Tensor;
    const data = value.readSync?.();
    if (data === undefined) throw new Error(`executor ${executor.name} has no readSync`);
    if (value.dtype !== t.dtype || !holds(t.dtype, data))
      throw new Error(`output ${i} is ${value.dtype}, its shape rule says ${t.dtype}`);
    if (data.length !== t.size)
      throw new Error(`output ${i} has ${data.length} elements, its shape rule says ${t.size}`);
    return data;
  });
  return { values: arrays, kernels: program.kernels, variants: prepared.variants ?? [] };
}
