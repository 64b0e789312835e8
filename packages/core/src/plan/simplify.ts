/**
 * Pass: common subexpressions, identities that keep every bit, and scalar arithmetic on literals.
 *
 * Kept bit-exact: x·1 = x, x/1 = x, x−0 = x, −(−x) = x, (a b)ᵀ = bᵀ aᵀ, sums over axes of size 1. Left alone: x+0 (−0 + 0 is +0) and
 * x·0 (NaN, −0). Nodes of a checkpoint's recomputation are merged only with one another.
 */

import { isLiteral, scalarNode, scalarValue } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Graph, isScalarLeaf, resultsOf } from "./graph.ts";
import { opKey, valueKey } from "./key.ts";
import { cloneWith, rewrite } from "./rewrite.ts";

export function simplify(graph: Graph): Graph {
  const uses = countUses(graph);
  const seen = new Map<string, readonly Tensor[]>();
  const scalars = new Map<string, Tensor>();
  const numbers = new Map<Tensor, number>();
  const numberOf = (t: Tensor): number => {
    const n = numbers.get(t) ?? numbers.size;
    numbers.set(t, n);
    return n;
  };
  /** Equal literals are one leaf, so that expressions over them are found equal too. */
  const unify = (t: Tensor): Tensor => {
    const value = isScalarLeaf(t) ? scalarValue(t) : undefined;
    if (value === undefined || !isLiteral(value)) return t;
    const key = `${t.dtype}${valueKey(value)}`;
    const known = scalars.get(key) ?? t;
    scalars.set(key, known);
    return known;
  };
  return rewrite(graph, (node, given) => {
    const inputs = given.map(unify);
    const simple =
      identityOf(node, inputs) ??
      foldScalars(node, inputs) ??
      transposedProduct(node, inputs, (uses.get(node.inputs[0] as Tensor) ?? 0) === 1);
    if (simple !== undefined) return [unify(simple)];
    const key = `${opKey(node.op, node.attributes)}(${inputs.map(numberOf).join()})${node.recompute ?? ""}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const outputs = inputs.every((t, i) => t === node.inputs[i]) ? node.tensors : cloneWith(node, inputs).tensors;
    seen.set(key, outputs);
    return outputs;
  });
}

/** The number that every element of `t` is, when the graph says so. */
function uniform(t: Tensor): number | undefined {
  let at = t;
  while (at.node.op.name === "broadcastTo" || at.node.op.name === "reshape") at = at.node.inputs[0] as Tensor;
  const value = scalarValue(at);
  return value !== undefined && isLiteral(value) ? value : undefined;
}

function identityOf(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  const [a, b] = inputs as readonly [Tensor, Tensor];
  const spec = node.outputs[0] as Tensor;
  const keeps = (t: Tensor): boolean => sameShape(t.shape, spec.shape) && t.dtype === spec.dtype;
  switch (node.op.name) {
    case "mul":
      if (uniform(b) === 1 && keeps(a)) return a;
      return uniform(a) === 1 && keeps(b) ? b : undefined;
    case "div":
      return uniform(b) === 1 && keeps(a) ? a : undefined;
    case "sub":
      return Object.is(uniform(b), 0) && keeps(a) ? a : undefined;
    case "neg":
      return a.node.op.name === "neg" ? (a.node.inputs[0] as Tensor) : undefined;
    case "argument":
    case "stopGradient":
    case "assigned":
      return a;
    case "sum":
      return (node.attributes.axes as number[]).every((axis) => a.shape[axis] === 1)
        ? a.reshape(spec.shape)
        : undefined;
    default:
      return undefined;
  }
}

/** How many nodes and results read each tensor. */
function countUses(graph: Graph): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const t of [...graph.nodes.flatMap((node) => node.inputs), ...resultsOf(graph)])
    uses.set(t, (uses.get(t) ?? 0) + 1);
  return uses;
}

function swapLast(t: Tensor): Tensor {
  const order = t.shape.map((_, i) => i);
  const [rows, columns] = order.splice(-2) as [number, number];
  return t.transpose([...order, columns, rows]);
}

/** (a b)ᵀ = bᵀ aᵀ: a product that only a transpose reads is computed in the layout that is wanted. */
function transposedProduct(node: Node, inputs: readonly Tensor[], only: boolean): Tensor | undefined {
  if (node.op.name !== "transpose" || !only) return undefined;
  const product = (inputs[0] as Tensor).node;
  const order = node.attributes.order as readonly number[];
  const last = order.length - 1;
  const swaps = order.every((axis, i) => axis === (i < last - 1 ? i : i === last ? last - 1 : last));
  if (product.op.name !== "matmul" || !swaps) return undefined;
  const [a, b] = product.inputs as readonly [Tensor, Tensor];
  return swapLast(b).matmul(swapLast(a));
}

/** Arithmetic on two literals of rank 0. */
function foldScalars(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  if (
    inputs.length === 0 ||
    inputs.length > 2 ||
    !inputs.every((t) => isScalarLeaf(t) && isLiteral(scalarValue(t) as number))
  )
    return undefined;
  const [a, b] = inputs.map((t) => scalarValue(t) as number) as [number, number];
  const { dtype } = node.outputs[0] as Tensor;
  if (dtype !== "float32" && dtype !== "float64") return undefined;
  const folds: Record<string, () => number> = { add: () => a + b, sub: () => a - b, mul: () => a * b, neg: () => -a };
  const fold = folds[node.op.name];
  return fold === undefined ? undefined : scalarNode(fold(), dtype);
}
