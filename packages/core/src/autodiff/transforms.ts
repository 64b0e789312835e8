/**
 * Function transforms over `reverse`: `vjp`, `jvp`, `hvp`, `jacobian`, `valueAndGrad`.
 *
 * Forward-mode products come from two reverse sweeps (J. Townsend, "A new trick for calculating Jacobian vector
 * products", 2017): u ↦ Jᵀu is linear in u, and the transpose of that map is v ↦ J v.
 */

import { GradientError, ShapeError } from "../errors/errors.ts";
import { constantNode } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { Variable } from "../run/variable.ts";
import { allocate } from "../tensor/dtype.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isTensor } from "../tensor/tensor.ts";
import { type FlatTree, flatten, type MapTree, type Tree } from "../tree/tree.ts";
import { argument } from "./argument.ts";
import { type Differentiable, formatLater, type Gradients, gradTree, isDifferentiable } from "./grad.ts";
import { reverse, zerosLike } from "./reverse.ts";

type TensorTree = Tree<Tensor>;

/**
 * The xs as tensors that stand for the arguments. Variables are their current version's node, so that a function that
 * reads them itself, as modules do, is differentiated too. Callers name the type of `tree`.
 */
function readTree(xs: unknown): { tree: unknown; flat: FlatTree<Differentiable>; tensors: Tensor[] } {
  const flat = flatten(xs, isDifferentiable, "x");
  const tensors = flat.leaves.map((x) => (x instanceof Variable ? x.read() : argument(x)));
  return { tree: flat.rebuild(tensors), flat, tensors };
}

function matchShapes(op: string, what: string, given: readonly Tensor[], wanted: readonly Tensor[]): void {
  const problems: string[] = [];
  if (given.length !== wanted.length) problems.push(`${given.length} tensors for ${wanted.length}`);
  wanted.forEach((w, i) => {
    const g = given[i];
    if (g === undefined) return;
    if (!sameShape(g.shape, w.shape))
      problems.push(`${what} ${i} has shape ${formatShape(g.shape)}, not ${formatShape(w.shape)}`);
    if (g.dtype !== w.dtype) problems.push(`${what} ${i} is ${g.dtype}, not ${w.dtype}`);
  });
  if (problems.length > 0) throw new ShapeError({ op, summary: `the ${what}s do not fit`, problems });
}

/**
 * `[fn(x), pull]`, where `pull(cotangent)` gives the vector–Jacobian product as a tree like `x`.
 *
 * @example const [y, pull] = vjp((x) => conv2d(x, w), x);  const dx = pull(dy);
 */
export function vjp<X extends Tree<Differentiable>, Y extends TensorTree>(
  fn: (x: MapTree<X, Differentiable, Tensor>) => Y,
  x: X,
): [Y, (cotangent: Y) => Gradients<X>] {
  const { tree, flat, tensors } = readTree(x);
  const y = fn(tree as MapTree<X, Differentiable, Tensor>);
  const outputs = flatten(y, isTensor, "result").leaves;
  const pull = (cotangent: Y): Gradients<X> => {
    const dys = flatten(cotangent, isTensor, "cotangent").leaves;
    matchShapes("vjp", "cotangent", dys, outputs);
    const { gradients } = reverse(outputs, dys, tensors);
    return flat.rebuild(gradients.map((g, i) => g ?? zerosLike(tensors[i] as Tensor))) as unknown as Gradients<X>;
  };
  return [y, pull];
}

/**
 * `[fn(x), J v]`: value and Jacobian–vector product at `x` in the direction `v` (a tree like `x`).
 * Throws `GradientError` when a custom gradient on the way is not linear in its cotangent.
 */
export function jvp<X extends Tree<Differentiable>, Y extends TensorTree>(
  fn: (x: MapTree<X, Differentiable, Tensor>) => Y,
  x: X,
  v: MapTree<X, Differentiable, Tensor>,
): [Y, Y] {
  const { tree, tensors } = readTree(x);
  const tangents = flatten(v, isTensor, "v").leaves;
  matchShapes("jvp", "tangent", tangents, tensors);
  const y = fn(tree as MapTree<X, Differentiable, Tensor>);
  const flatY = flatten(y, isTensor, "result");
  const u = flatY.leaves.map((t) => constantNode(allocate(t.dtype, t.size), t.shape, t.dtype));
  const first = reverse(flatY.leaves, u, tensors).gradients;
  const products = first.filter((g) => g !== null);
  const directions = tangents.filter((_, i) => first[i] !== null);
  const second = reverse(products, directions, u).gradients;
  const result = second.map((g, i) => g ?? zerosLike(flatY.leaves[i] as Tensor));
  const lost = u.filter((_, i) => second[i] === null);
  if (dependsOn(result, u) || dependsOn(products, lost)) {
    throw new GradientError({
      op: "jvp",
      summary: "a gradient rule on the way is not linear in its cotangent",
      fix: "make the customGradient linear in dy, or differentiate with grad",
    });
  }
  return [y, flatY.rebuild(result) as unknown as Y];
}

function dependsOn(outputs: readonly Tensor[], leaves: readonly Tensor[]): boolean {
  const targets = new Set(leaves.map((t) => t.node));
  const seen = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (targets.has(node)) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const t of node.inputs) stack.push(t.node);
  }
  return false;
}

/** Hessian–vector product of the scalar function `fn` at `x` in the direction `v` (a tree like `x`). */
export function hvp<X extends Tree<Differentiable>>(
  fn: (x: MapTree<X, Differentiable, Tensor>) => Tensor,
  x: X,
  v: MapTree<X, Differentiable, Tensor>,
): Gradients<X> {
  const { tree, flat, tensors } = readTree(x);
  const directions = flatten(v, isTensor, "v").leaves;
  matchShapes("hvp", "direction", directions, tensors);
  const gradients = flatten(
    gradTree(fn(tree as MapTree<X, Differentiable, Tensor>), tree, { unused: "zeros" }, formatLater(hvp)),
    isTensor,
  ).leaves;
  const { gradients: second } = reverse(gradients, directions, tensors);
  return flat.rebuild(second.map((g, i) => g ?? zerosLike(tensors[i] as Tensor))) as unknown as Gradients<X>;
}

/**
 * Jacobian of `fn` at the tensor `x`: shape [...y.shape, ...x.shape]. One reverse sweep per element of y.
 */
export function jacobian(fn: (x: Tensor) => Tensor, x: Differentiable): Tensor {
  const at = readTree(x).tensors[0] as Tensor;
  const y = fn(at);
  const rows: Tensor[] = [];
  for (let i = 0; i < y.size; i++) {
    const unit = allocate(y.dtype, y.size);
    unit[i] = 1;
    const row = reverse([y], [constantNode(unit, y.shape, y.dtype)], [at]).gradients[0] ?? zerosLike(at);
    rows.push(row.reshape([1, at.size]));
  }
  const [head, ...rest] = rows;
  if (head === undefined) return zerosLike(at).reshape([...y.shape, ...at.shape]);
  return head.concat(rest, 0).reshape([...y.shape, ...at.shape]);
}

/**
 * A function that returns `[value, gradient]`, the gradient with respect to the first argument, a tree like it.
 *
 * @example const [loss, gradients] = valueAndGrad(lossOf)(parameters, x, y);
 */
export function valueAndGrad<X extends TensorTree, Rest extends readonly unknown[]>(
  fn: (x: X, ...rest: Rest) => Tensor,
): (x: MapTree<X, Tensor, Differentiable>, ...rest: Rest) => [Tensor, X] {
  return (x, ...rest) => {
    const { tree } = readTree(x);
    const value = fn(tree as X, ...rest);
    return [value, gradTree(value, tree, {}, formatLater(valueAndGrad)) as X];
  };
}
