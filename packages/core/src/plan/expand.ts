/** Pass: replaces every op that is defined by an expansion, until only ops with a lowering or a view are left. */

import type { Node } from "../graph/node.ts";
import type { ExpandedOp } from "../graph/op.ts";
import { session } from "../session.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Graph, isLeaf } from "./graph.ts";
import { cloneWith, rewrite } from "./rewrite.ts";

export function expand(graph: Graph): Graph {
  if (!graph.nodes.some((node) => "expand" in node.op)) return graph;
  return rewrite(graph, (node, inputs) => ("expand" in node.op ? expandNode(node, inputs) : undefined));
}

/** The outputs of a node, computed by ops that need no expansion. Nesting is as deep as definitions nest. */
function expandNode(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const outer = session.origin;
  const { scope, site, control, recompute } = node;
  session.origin = { scope, site, control, recompute, partOf: node.partOf ?? node.op.name };
  try {
    const result = (node.op as ExpandedOp<never>).expand(inputs, node.attributes as never);
    return expandBelow(result instanceof Tensor ? [result] : result, new Set(inputs));
  } finally {
    session.origin = outer;
  }
}

/** Expands the nodes between `inputs` and `outputs`. */
function expandBelow(outputs: readonly Tensor[], inputs: ReadonlySet<Tensor>): readonly Tensor[] {
  const nodes = new Set<Node>();
  const stack = [...outputs];
  for (let t = stack.pop(); t !== undefined; t = stack.pop()) {
    if (inputs.has(t) || isLeaf(t) || nodes.has(t.node)) continue;
    nodes.add(t.node);
    stack.push(...t.node.inputs);
  }
  const order = [...nodes].sort((a, b) => a.id - b.id);
  if (!order.some((node) => "expand" in node.op)) return outputs;
  const moved = new Map<Tensor, Tensor>();
  const follow = (t: Tensor): Tensor => moved.get(t) ?? t;
  for (const node of order) {
    const next = node.inputs.map(follow);
    const changed = next.some((t, i) => t !== node.inputs[i]);
    const results =
      "expand" in node.op ? expandNode(node, next) : changed ? cloneWith(node, next, follow).tensors : node.tensors;
    results.forEach((t, i) => {
      if (!inputs.has(node.tensors[i] as Tensor)) moved.set(node.tensors[i] as Tensor, t);
    });
  }
  return outputs.map(follow);
}
