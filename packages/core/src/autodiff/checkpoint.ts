/**
 * `checkpoint`: recompute in the backward sweep instead of keeping intermediates (Chen et al. 2016, "Training deep nets
 * with sublinear memory cost").
 *
 * The checkpoint node reads the results of the function and the tensors that entered it. Its rule clones the nodes in
 * between; each clone carries a recompute id, so that common-subexpression elimination does not merge it with the
 * original, and a control edge from the incoming cotangent, so that it is not computed before it is needed.
 */

import { constantOp, scalarOp } from "../graph/leaves.ts";
import { Node } from "../graph/node.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { session } from "../session.ts";
import { isTensor, type Tensor, type TensorSpec } from "../tensor/tensor.ts";
import { flatten, type Tree } from "../tree/tree.ts";
import { reverse } from "./reverse.ts";

interface CheckpointAttributes extends Attributes {
  /** How many of the inputs are results; the others are what entered. */
  readonly results: number;
}

export const checkpointOp = defineOp<CheckpointAttributes>({
  name: "checkpoint",
  infer: ({ inputs, attributes }) => inputs.slice(0, attributes.results) as readonly TensorSpec[],
  flops: () => 0,
  key: ({ results }) => results,
  vjp: ({ node, inputs, attributes, cotangents }) => {
    const results = inputs.slice(0, attributes.results);
    const entered = inputs.slice(attributes.results);
    const control = cotangents.find((t) => t !== null) as Tensor;
    const clones = cloneBetween(results, new Set(entered), control, node.id);
    const { gradients } = reverse(clones, cotangents, entered, { cut: true });
    return [...results.map(() => null), ...gradients];
  },
  expand: (inputs, attributes) => inputs.slice(0, attributes.results),
});

/** The nodes from `results` back to `entered`, in creation order. */
function nodesBetween(results: readonly Tensor[], entered: ReadonlySet<Tensor>): Node[] {
  const inner = new Set<Node>();
  const stack: Tensor[] = [...results];
  for (let t = stack.pop(); t !== undefined; t = stack.pop()) {
    if (entered.has(t) || inner.has(t.node) || t.node.inputs.length === 0) continue;
    inner.add(t.node);
    stack.push(...t.node.inputs);
  }
  return [...inner].sort((a, b) => a.id - b.id);
}

function cloneBetween(
  results: readonly Tensor[],
  entered: ReadonlySet<Tensor>,
  control: Tensor,
  recompute: number,
): Tensor[] {
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (t: Tensor): Tensor => copies.get(t) ?? t;
  for (const node of nodesBetween(results, entered)) {
    const clone = new Node({
      op: node.op,
      inputs: node.inputs.map(copyOf),
      attributes: node.attributes,
      outputs: node.outputs,
      scope: node.scope,
      site: node.site,
      control,
      recompute,
      partOf: node.partOf,
    });
    node.tensors.forEach((t, i) => {
      if (!entered.has(t)) copies.set(t, clone.tensors[i] as Tensor);
    });
  }
  return results.map(copyOf);
}

/**
 * `fn` whose intermediates are computed a second time in the backward sweep instead of being kept. Values and gradients
 * are the same bits as without it; variables that `fn` reads get their gradients too.
 *
 * @example const y = checkpoint((x: Tensor) => block.forward(x))(x);
 */
export function checkpoint<Args extends readonly unknown[], R extends Tree<Tensor>>(
  fn: (...args: Args) => R,
): (...args: Args) => R {
  return (...args) => {
    const start = session.nextNode;
    const flat = flatten(fn(...args), isTensor, "result");
    const entered = enteredFrom(flat.leaves, start);
    if (entered.length === 0) return flat.rebuild(flat.leaves) as R;
    return flat.rebuild(checkpointOp.applyAll([...flat.leaves, ...entered], { results: flat.leaves.length })) as R;
  };
}

/** Tensors made before `start`, and leaves other than constants of `fn` itself, that the results are computed from. */
function enteredFrom(results: readonly Tensor[], start: number): Tensor[] {
  const entered = new Set<Tensor>();
  const seen = new Set<Node>();
  const stack: Tensor[] = [...results];
  for (let t = stack.pop(); t !== undefined; t = stack.pop()) {
    const { node } = t;
    const constant = node.op === scalarOp || (node.op === constantOp && node.id >= start);
    if (node.id < start || node.inputs.length === 0) {
      if (!constant) entered.add(t);
      continue;
    }
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return [...entered];
}
