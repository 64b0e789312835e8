/**
 * The one way a pass changes a graph: replace nodes in order, clone those whose inputs changed, drop what nothing reads.
 * New nodes take the place of the node that they stand for, so the order of computation stays the programmer's.
 */

import { Node } from "../graph/node.ts";
import { session } from "../session.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Graph, isLeaf, resultsOf } from "./graph.ts";

/**
 * Gives the tensors that take the place of a node's outputs, or `undefined` to keep the node (with the new inputs).
 * Nodes made inside inherit module path and line of `node`.
 */
export type Replace = (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

export function rewrite(graph: Graph, replace: Replace): Graph {
  const moved = new Map<Tensor, Tensor>();
  const follow = (t: Tensor): Tensor => moved.get(t) ?? t;
  const order: Node[] = [];
  const emitted = new Set<Node>();
  const leafSet = new Set(graph.leaves);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(follow);
    const outer = session.origin;
    session.origin = node;
    let outputs: readonly Tensor[] | undefined;
    try {
      outputs = replace(node, inputs);
    } finally {
      session.origin = outer;
    }
    outputs ??= inputs.every((t, i) => t === node.inputs[i]) ? node.tensors : cloneWith(node, inputs, follow).tensors;
    outputs.forEach((t, i) => {
      moved.set(node.tensors[i] as Tensor, t);
      emit(t, emitted, order, leafSet);
    });
  }
  const next = {
    outputs: graph.outputs.map(follow),
    assigns: graph.assigns.map((a) => ({ variable: a.variable, value: follow(a.value) })),
    checks: graph.checks.map(follow),
  };
  return { nodes: live(order, resultsOf(next)), leaves: addLeaves(graph.leaves, order, resultsOf(next)), ...next };
}

export function cloneWith(node: Node, inputs: readonly Tensor[], follow: (t: Tensor) => Tensor = (t) => t): Node {
  return new Node({
    op: node.op,
    inputs,
    attributes: node.attributes,
    outputs: node.outputs,
    scope: node.scope,
    site: node.site,
    control: node.control === undefined ? undefined : follow(node.control),
    recompute: node.recompute,
    partOf: node.partOf,
  });
}

/** Appends the node of `t` and whatever it needs that is not there yet, inputs first. */
function emit(t: Tensor, emitted: Set<Node>, order: Node[], leaves: ReadonlySet<Tensor>): void {
  const stack: { readonly node: Node; next: number }[] = [];
  const push = (u: Tensor): void => {
    if (leaves.has(u) || isLeaf(u) || emitted.has(u.node)) return;
    emitted.add(u.node);
    stack.push({ node: u.node, next: 0 });
  };
  push(t);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const input = top.node.inputs[top.next++];
    if (input !== undefined) push(input);
    else {
      order.push(top.node);
      stack.pop();
    }
  }
}

/** The nodes that the results need, in the given order. */
export function live(nodes: readonly Node[], results: readonly Tensor[]): Node[] {
  const needed = new Set<Node>();
  for (const t of results) if (!isLeaf(t)) needed.add(t.node);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node;
    if (needed.has(node)) for (const t of node.inputs) if (!isLeaf(t)) needed.add(t.node);
  }
  return nodes.filter((node) => needed.has(node));
}

/** Old leaves keep their numbers; leaves that a pass made come after them. */
function addLeaves(old: readonly Tensor[], nodes: readonly Node[], results: readonly Tensor[]): Tensor[] {
  const all = new Set(old);
  for (const node of nodes) for (const t of node.inputs) if (isLeaf(t)) all.add(t);
  for (const t of results) if (isLeaf(t)) all.add(t);
  return [...all];
}
