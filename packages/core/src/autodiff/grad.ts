/**
 * `grad`: the gradient of a scalar node with respect to any nodes, as new nodes.
 */

import { GradientError } from "../errors/errors.ts";
import { scalarNode, variableOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import type { NotDifferentiable } from "../graph/op.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import { Variable, versionCell } from "../run/variable.ts";
import { isFloat } from "../tensor/dtype.ts";
import { formatShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { flatten, type MapTree, type Tree } from "../tree/tree.ts";
import { reverse, zerosLike } from "./reverse.ts";

/** What can be differentiated with respect to. */
export type Differentiable = Tensor | Variable;

/** The tree of gradients: the same keys, tensors as leaves. */
export type Gradients<T> = MapTree<T, Differentiable, Tensor>;

export interface GradOptions {
  /** What an x that y does not depend on gets: an error that lists all of them (default), or zeros. */
  readonly unused?: "error" | "zeros" | undefined;
}

export function isDifferentiable(value: unknown): value is Differentiable {
  return value instanceof Tensor || value instanceof Variable;
}

/** The current version of a variable, or the tensor itself. */
export function asNodeTensor(x: Differentiable): Tensor {
  return x instanceof Variable ? x.read() : x;
}

/**
 * Gradient of the scalar `y` with respect to `xs`: a tensor, a variable, or a tree of them. The result is the same
 * tree with tensors as leaves. Nothing is accumulated anywhere; calling it twice gives the same nodes' values.
 *
 * Throws `GradientError` when `y` is not a float scalar, or when it does not reach one of the xs.
 *
 * @example const { weight, bias } = grad(loss, { weight: w, bias: b });
 */
export function grad<T extends Tree<Differentiable>>(y: Tensor, xs: T, options: GradOptions = {}): Gradients<T> {
  return gradTree(y, xs, options, formatLater(grad)) as Gradients<T>;
}

/** `grad` on trees of unknown type; `at` gives the user's line. */
export function gradTree(y: Tensor, xs: unknown, options: GradOptions, at: () => string): unknown {
  const flat = flatten(xs, isDifferentiable, "xs");
  if (y.rank !== 0 && y.size !== 1) {
    throw new GradientError({
      op: "grad",
      summary: "y must be a scalar",
      operands: [{ name: "y", shape: y.shape, dtype: y.dtype }],
      fix: `take y.sum() or y.mean(), or vjp with a cotangent of shape ${formatShape(y.shape)}`,
      at: at(),
    });
  }
  if (!isFloat(y.dtype)) throw new GradientError({ op: "grad", summary: `y is ${y.dtype}, not a float`, at: at() });
  const tensors = flat.leaves.map(asNodeTensor);
  const one = scalarNode(1, y.dtype).broadcastTo(y.shape);
  const { gradients, blockers } = reverse([y], [one], tensors);
  const missing = gradients.flatMap((g, i) => (g === null ? [i] : []));
  if (missing.length > 0 && options.unused !== "zeros") {
    throw unreached(y, flat.leaves, flat.paths, missing, blockers, at());
  }
  return flat.rebuild(gradients.map((g, i) => g ?? zerosLike(tensors[i] as Tensor)));
}

export function formatLater(below: unknown): () => string {
  const site = captureSite(below);
  return () => formatSite(site);
}

function unreached(
  y: Tensor,
  leaves: readonly Differentiable[],
  paths: readonly string[],
  missing: readonly number[],
  blockers: readonly Node[],
  at: string,
): GradientError {
  const cells = cellsBelow(y);
  const problems = missing.map((i) => {
    const x = leaves[i] as Differentiable;
    const name = paths[i] !== "" ? `"${paths[i]}"` : x instanceof Variable ? `variable "${x.name}"` : "x";
    const cell = x instanceof Variable ? x : versionCell(x);
    if (!isFloat(x.dtype)) return `${name} is ${x.dtype}: only floats have gradients`;
    if (cell !== undefined && cells.has(cell))
      return `${name}: y reads an older version of it, made before it was assigned`;
    return `${name} ${formatShape(x.shape)}: y does not depend on it`;
  });
  const seen = new Set<string>();
  for (const node of blockers) {
    const where = formatSite(node.site);
    const line = `[${node.op.name}]${where === "" ? "" : ` at ${where}`} stops the gradient: ${("vjp" in node.op ? (node.op.vjp as NotDifferentiable) : { reason: "" }).reason}`;
    if (!seen.has(line)) problems.push(line);
    seen.add(line);
  }
  return new GradientError({
    op: "grad",
    summary: `y does not reach ${missing.length} of ${leaves.length} x${leaves.length === 1 ? "" : "s"}`,
    problems,
    fix: 'use them in the loss, leave them out (freeze them), or pass { unused: "zeros" }',
    at,
  });
}

/** Variables of which `y` reads some version. */
function cellsBelow(y: Tensor): Set<object> {
  const cells = new Set<object>();
  const seen = new Set<Node>([y.node]);
  const stack = [y.node];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const cell = node.op === variableOp ? (node.attributes.cell as object) : versionCell(node.tensors[0] as Tensor);
    if (cell !== undefined) cells.add(cell);
    for (const t of node.inputs) {
      if (seen.has(t.node)) continue;
      seen.add(t.node);
      stack.push(t.node);
    }
  }
  return cells;
}
