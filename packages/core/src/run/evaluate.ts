/**
 * `evaluate`: plans what is needed for some tensors, runs it, and keeps the values of those tensors.
 *
 * The program is found again by the graph's structure, so a loop that builds the same graph each time plans once.
 */

import { PrewittError, TraceError } from "../errors/errors.ts";
import { inputOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import { collect, type Graph } from "../plan/graph.ts";
import { graphKey } from "../plan/key.ts";
import { plan } from "../plan/plan.ts";
import type { ProgramInput } from "../program/program.ts";
import { session } from "../session.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PreparedProgram, Value } from "./executor.ts";
import { currentExecutor } from "./executors.ts";
import { PlanCache } from "./plan-cache.ts";
import { type Variable, versionCell } from "./variable.ts";

/**
 * Evaluates tensors in one program. Values of other nodes on the way are not kept: reading one of them later computes
 * what it needs again, with the same result. Throws `TraceError` inside `compile`.
 *
 * @example evaluate(loss, accuracy); const value = loss.itemSync();
 */
export function evaluate(...tensors: readonly Tensor[]): void {
  if (session.trace !== undefined) {
    throw new TraceError({
      summary: "a value cannot be read inside compile: nothing has been computed yet",
      fix: "return the tensor from the compiled function and read it outside",
      at: formatSite(captureSite(evaluate)),
    });
  }
  const wanted = [...new Set(tensors)].filter((t) => t.node.values[t.output] === undefined);
  if (wanted.length === 0) return;
  const graph = withPending(collect(wanted));
  for (const leaf of graph.leaves) refuseTraced(leaf);
  const prepared = preparedFor(graph);
  const values = prepared.run({ inputs: bindInputs(prepared.program.inputs, graph.leaves), variables: [] });
  graph.outputs.forEach((t, i) => {
    t.node.values[t.output] = values[i] as Value;
  });
}

/** Current versions of variables that are computed on the way are kept: they are what `read` gives later. */
function withPending(graph: Graph): Graph {
  const wanted = new Set(graph.outputs);
  const extra = graph.nodes.flatMap((node: Node) => {
    const t = node.tensors[0] as Tensor;
    return versionCell(t) !== undefined && !wanted.has(t) ? [t] : [];
  });
  return extra.length === 0 ? graph : collect([...graph.outputs, ...extra]);
}

/** Throws for a leaf without a value: one that belongs to a trace. */
export function refuseTraced(leaf: Tensor): void {
  if (leaf.node.values[leaf.output] !== undefined) return;
  throw new TraceError({
    summary:
      leaf.node.op === inputOp
        ? "this tensor was made inside a compiled function and has no value outside of it"
        : "this tensor reads a variable as it was inside a compiled function",
    fix: "return it from the compiled function, and use what the call returns",
    at: formatSite(leaf.node.site),
  });
}

function preparedFor(graph: Graph): PreparedProgram {
  const executor = currentExecutor();
  session.plans ??= new PlanCache();
  const key = graphKey(graph);
  let prepared = session.plans.get(key, executor);
  if (prepared === undefined) {
    prepared = executor.prepare(plan(graph, executor.traits));
    session.plans.set(key, executor, prepared);
  }
  return prepared;
}

/** The arrays that a program's inputs are bound to. */
export function bindInputs(inputs: readonly ProgramInput[], leaves: readonly Tensor[]): TypedArray[] {
  return inputs.map((input) => input.data ?? hostArray(leaves[input.leaf] as Tensor));
}

/** The value of an evaluated tensor, without a copy. */
export function hostArray(t: Tensor): TypedArray {
  const value = t.node.values[t.output];
  if (value?.readSync === undefined) throw new PrewittError("this executor cannot read values synchronously");
  return value.readSync();
}

/**
 * Evaluates the current versions of variables (of all, when none is named) and forgets how they were computed.
 * Gradients do not reach past a settled version.
 */
export function settle(...variables: readonly Variable[]): void {
  const cells = variables.length > 0 ? variables : [...session.unsettled];
  evaluate(...cells.flatMap((v) => v.pendingBefore(Number.POSITIVE_INFINITY)));
  for (const v of cells) v.cutBefore(Number.POSITIVE_INFINITY);
}

/**
 * Called by optimisers outside traces, once per step: settles what was assigned before the previous step ended, so that
 * graphs do not grow from step to step, and starts a new generation.
 */
export function settleGeneration(): void {
  if (session.trace !== undefined) return;
  const cells = [...session.unsettled];
  evaluate(...cells.flatMap((v) => v.pendingBefore(session.generation)));
  for (const v of cells) v.cutBefore(session.generation);
  session.generation++;
}
