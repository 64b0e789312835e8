/**
 * The reverse sweep: cotangents of outputs to cotangents of any tensors of the graph.
 *
 * Node ids rise with creation, so walking ids downwards visits every node after all its readers: no recursion, and
 * time linear in the number of nodes. The engine, never a rule, adds up contributions, sums over broadcast axes, skips
 * what nobody needs and checks what rules return.
 */

import { GradientError, PrewittError } from "../errors/errors.ts";
import { scalarNode } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { derive, type ExpandedOp, type NotDifferentiable, type OpDefinition, type VjpContext } from "../graph/op.ts";
import { formatSite } from "../graph/site.ts";
import { session } from "../session.ts";
import { isFloat } from "../tensor/dtype.ts";
import { broadcastShapes, formatShape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";

export interface ReverseResult {
  /** One per x; `null` where no gradient arrives. */
  readonly gradients: readonly (Tensor | null)[];
  /** Nodes without a gradient rule that stood between the outputs and the xs. */
  readonly blockers: readonly Node[];
}

type Rule = OpDefinition["name"] extends string
  ? ((context: VjpContext<never>) => readonly (Tensor | null)[]) | NotDifferentiable | typeof derive
  : never;

function ruleOf(node: Node): Rule | undefined {
  return "leaf" in node.op ? undefined : (node.op.vjp as Rule);
}

/**
 * Sweeps from `outputs` to `xs`.
 *
 * @param cut Do not walk past the xs: they count as independent (used for a rule that is derived from an expansion).
 */
export function reverse(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  xs: readonly Tensor[],
  options: { readonly cut?: boolean } = {},
): ReverseResult {
  const wanted = new Set(xs);
  const cut = options.cut === true;
  const blockers: Node[] = [];
  const order = ancestors(outputs, wanted, cut);
  const reaching = new Set<Node>();
  const carries = (t: Tensor): boolean => isFloat(t.dtype) && (wanted.has(t) || reaching.has(t.node));
  for (const node of order) {
    if (!node.inputs.some((t) => wanted.has(t) || reaching.has(t.node))) continue;
    const rule = ruleOf(node);
    if (typeof rule === "object") blockers.push(node);
    else if (rule !== undefined && node.inputs.some(carries)) reaching.add(node);
  }

  const sums = new Map<Tensor, Tensor>();
  const accumulate = (t: Tensor, g: Tensor): void => {
    const sum = sums.get(t);
    sums.set(t, sum === undefined ? g : sum.add(g));
  };
  outputs.forEach((t, i) => {
    const g = cotangents[i];
    if (g != null && carries(t)) accumulate(t, g);
  });
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as Node;
    if (!reaching.has(node)) continue;
    const dys = node.tensors.map((t) => sums.get(t) ?? null);
    if (dys.every((g) => g === null)) continue;
    if (cut && node.tensors.every((t) => wanted.has(t))) continue;
    pullBack(node, dys, carries).forEach((g, k) => {
      if (g !== null) accumulate(node.inputs[k] as Tensor, g);
    });
    for (const t of node.tensors) if (!wanted.has(t)) sums.delete(t);
  }
  return { gradients: xs.map((x) => sums.get(x) ?? null), blockers };
}

/** Nodes between the outputs and the xs, by rising id. */
function ancestors(outputs: readonly Tensor[], wanted: ReadonlySet<Tensor>, cut: boolean): Node[] {
  let least = Number.POSITIVE_INFINITY;
  for (const x of wanted) least = Math.min(least, x.node.id);
  const seen = new Set<Node>();
  const stack: Node[] = [];
  const visit = (t: Tensor): void => {
    if (t.node.id < least || seen.has(t.node) || (cut && wanted.has(t))) return;
    seen.add(t.node);
    stack.push(t.node);
  };
  outputs.forEach(visit);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) node.inputs.forEach(visit);
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Applies one node's rule and fits what it returns to the inputs. */
function pullBack(node: Node, dys: readonly (Tensor | null)[], carries: (t: Tensor) => boolean): (Tensor | null)[] {
  const outer = session.origin;
  session.origin = node;
  try {
    const rule = ruleOf(node) as Exclude<Rule, NotDifferentiable>;
    const returned =
      rule === derive ? derived(node, dys, carries) : rule(contextOf(node, dys, carries) as VjpContext<never>);
    if (!Array.isArray(returned) || returned.length !== node.inputs.length) {
      throw ruleError(
        node,
        `returned ${Array.isArray(returned) ? returned.length : "no list of"} entries for ${node.inputs.length} inputs`,
      );
    }
    return returned.map((g: Tensor | null, i) => {
      const input = node.inputs[i] as Tensor;
      return g == null || !carries(input) ? null : fit(node, i, g, input);
    });
  } catch (error) {
    if (error instanceof PrewittError)
      error.fill({ op: `gradient of ${node.op.name}`, module: node.scope, at: formatSite(node.site) });
    throw error;
  } finally {
    session.origin = outer;
  }
}

function contextOf(node: Node, dys: readonly (Tensor | null)[], carries: (t: Tensor) => boolean): VjpContext<unknown> {
  return {
    node,
    inputs: node.inputs,
    outputs: node.tensors,
    attributes: node.attributes,
    get dy() {
      return dys[0] ?? zerosLike(node.tensors[0] as Tensor);
    },
    cotangents: dys,
    needs: (i) => carries(node.inputs[i] as Tensor),
  };
}

/** The rule of an op that is differentiated through its expansion. */
function derived(node: Node, dys: readonly (Tensor | null)[], carries: (t: Tensor) => boolean): (Tensor | null)[] {
  const expanded = (node.op as ExpandedOp<never>).expand(node.inputs, node.attributes as never);
  const outputs = expanded instanceof Tensor ? [expanded] : expanded;
  const xs = [...new Set(node.inputs.filter(carries))];
  const { gradients } = reverse(outputs, dys, xs, { cut: true });
  const first = new Set<Tensor>();
  return node.inputs.map((t) => {
    const at = xs.indexOf(t);
    if (at < 0 || first.has(t)) return null;
    first.add(t);
    return gradients[at] ?? null;
  });
}

/** Checks a rule's entry and sums it over the axes along which the input was broadcast. */
function fit(node: Node, i: number, g: Tensor, input: Tensor): Tensor {
  const name = node.op.inputNames?.[i] ?? `input ${i}`;
  if (!(g instanceof Tensor)) throw ruleError(node, `entry ${i} (${name}) is not a tensor`);
  if (g.dtype !== input.dtype) throw ruleError(node, `the gradient of ${name} is ${g.dtype}, the input ${input.dtype}`);
  if (sameShape(g.shape, input.shape)) return g;
  const joined = broadcastShapes(input.shape, g.shape);
  if (joined === undefined || !sameShape(joined, g.shape)) {
    if (g.rank === 0) return g.broadcastTo(input.shape);
    throw ruleError(
      node,
      `the gradient of ${name} has shape ${formatShape(g.shape)}, the input ${formatShape(input.shape)}`,
    );
  }
  if (input.rank === 0) return g.sum();
  return g.sum({ axis: input.shape.flatMap((n, a) => (n !== g.shape[a] ? [a] : [])), keepDims: true });
}

function ruleError(node: Node, problem: string): GradientError {
  return new GradientError({
    summary: "the gradient rule is wrong",
    problems: [problem],
    operands: node.inputs.map((t, i) => ({
      name: node.op.inputNames?.[i] ?? `input ${i}`,
      shape: t.shape,
      dtype: t.dtype,
    })),
    fix: `return one tensor (or null) per input from the vjp of ${node.op.name}, each with its input's dtype and shape`,
  });
}

/** Zeros of a tensor's shape: a stretched scalar. */
export function zerosLike(t: Tensor): Tensor {
  return scalarNode(0, t.dtype).broadcastTo(t.shape);
}
