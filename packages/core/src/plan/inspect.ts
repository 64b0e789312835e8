/**
 * `inspect`: shows what a function becomes, before anything runs: the graph as written, expanded and simplified, the
 * program, and its cost in floating-point operations, bytes and peak memory.
 */

import { formatProgram } from "../program/text.ts";
import { currentExecutor } from "../run/executors.ts";
import { Trace } from "../run/trace.ts";
import { session } from "../session.ts";
import { isTensor, type Tensor } from "../tensor/tensor.ts";
import { flatten } from "../tree/tree.ts";
import { type Cost, costOf, printedAs } from "./cost.ts";
import { collect } from "./graph.ts";
import { formatGraph } from "./graph-text.ts";
import { type PlanStages, planStages } from "./plan.ts";

export interface Inspection {
  readonly stages: PlanStages;
  readonly cost: Cost;
  /** All stages as text. */
  toString(): string;
}

/**
 * Traces `fn` with the shapes of `args` and plans it for the current executor, without running it.
 *
 * @example console.log(`${inspect(step, x, y)}`);
 */
export function inspect<Args extends readonly unknown[]>(fn: (...args: Args) => unknown, ...args: Args): Inspection {
  const trace = new Trace();
  const outer = session.trace;
  session.trace = trace;
  let outputs: readonly Tensor[];
  try {
    const given = args.map((a) =>
      isTensor(a)
        ? trace.input({ shape: a.shape, dtype: a.dtype })
        : typeof a === "number"
          ? trace.input({ shape: [], dtype: "float32" })
          : a,
    );
    const returned = fn(...(given as unknown as Args));
    outputs = returned === undefined ? [] : flatten(returned, isTensor, "result").leaves;
  } finally {
    session.trace = outer;
  }
  const assigns = [...trace.assigned].map(([variable, value]) => ({ variable, value }));
  const stages = planStages(collect(outputs, assigns), currentExecutor().traits);
  const cost = costOf(stages);
  const text = () =>
    [
      "graph, as written",
      formatGraph(stages.collected),
      "graph, expanded and simplified",
      formatGraph(stages.simplified),
      "program",
      formatProgram(stages.program),
      cost.toString(),
    ].join("\n\n");
  return printedAs({ stages, cost, toString: text }, text);
}
