/**
 * The planner's view of a graph: the nodes between leaves and results, in an order in which they can be computed.
 *
 * A leaf is a tensor whose value is known or comes from outside: planning stops there. Passes map a graph to a graph
 * and never change it; the leaves keep their numbers through all passes.
 */

import { scalarOp, variableOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import type { Variable } from "../run/variable.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface GraphAssign {
  readonly variable: Variable;
  readonly value: Tensor;
}

export interface Graph {
  /** Nodes to compute, each after its inputs. */
  readonly nodes: readonly Node[];
  /** Tensors bound from outside, by first use. */
  readonly leaves: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly assigns: readonly GraphAssign[];
  /** Float scalars that must be finite before anything is assigned. */
  readonly checks: readonly Tensor[];
}

/** Whether planning stops at `t`. */
export function isLeaf(t: Tensor): boolean {
  return "leaf" in t.node.op || t.node.values[t.output] !== undefined;
}

/** Whether the leaf stands for the memory of a variable at the start of a compiled call. */
export function isTracedVariable(t: Tensor): boolean {
  return t.node.op === variableOp && t.node.attributes.version === -1;
}

export function isScalarLeaf(t: Tensor): boolean {
  return t.node.op === scalarOp;
}

/** Everything that results read. */
export function resultsOf(graph: Pick<Graph, "outputs" | "assigns" | "checks">): Tensor[] {
  return [...graph.outputs, ...graph.assigns.map((a) => a.value), ...graph.checks];
}

/** Collects the nodes that the results need. Creation order is an order of computation. */
export function collect(
  outputs: readonly Tensor[],
  assigns: readonly GraphAssign[] = [],
  checks: readonly Tensor[] = [],
): Graph {
  const nodes = new Set<Node>();
  const leaves = new Set<Tensor>();
  const stack: Tensor[] = [];
  const visit = (t: Tensor): void => {
    if (isLeaf(t)) leaves.add(t);
    else if (!nodes.has(t.node)) {
      nodes.add(t.node);
      stack.push(t);
    }
  };
  resultsOf({ outputs, assigns, checks }).forEach(visit);
  for (let t = stack.pop(); t !== undefined; t = stack.pop()) t.node.inputs.forEach(visit);
  const byId = (a: Node, b: Node): number => a.id - b.id;
  return {
    nodes: [...nodes].sort(byId),
    leaves: [...leaves].sort((a, b) => a.node.id - b.node.id || a.output - b.output),
    outputs,
    assigns,
    checks,
  };
}
