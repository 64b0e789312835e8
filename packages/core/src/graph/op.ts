/**
 * `defineOp`: an op is its shape rule, its gradient rule and its meaning, and is not complete without one of them.
 *
 * Meaning is one of
 * - `lower`: one kernel of the program language;
 * - `view`: the same memory read with other strides;
 * - `expand`: a graph of other ops, applied by the planner after autodiff, so that the op stays one node to the reader.
 *
 * `vjp` maps cotangents of the outputs to cotangents of the inputs, in terms of ops that have rules themselves. It must
 * be linear in the cotangent. It is `derive` (differentiate the expansion) or `notDifferentiable("reason")` otherwise.
 */

import { PrewittError, ShapeError } from "../errors/errors.ts";
import type { Kernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { session } from "../session.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { Node } from "./node.ts";
import { currentScope } from "./scope.ts";
import { captureSite, formatSite } from "./site.ts";

/** Attributes of a node: plain data, part of the structural key. Functions and cells are keyed by identity. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface InferContext<A> {
  readonly inputs: readonly TensorSpec[];
  readonly attributes: A;
}

/** What a gradient rule sees. */
export interface VjpContext<A> {
  readonly node: Node;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** Cotangent of the first output; zeros when only other outputs have one. */
  readonly dy: Tensor;
  /** Cotangents of all outputs; `null` where none arrived. */
  readonly cotangents: readonly (Tensor | null)[];
  /** Whether the gradient of input `i` is wanted; a rule may return null for the others. */
  needs(i: number): boolean;
}

/** One entry per input; `null` where no gradient flows. Entries may have the broadcast shape: the engine sums it out. */
export type VjpRule<A> = (context: VjpContext<A>) => readonly (Tensor | null)[];

/** The rule is derived from the op's expansion. */
export const derive: unique symbol = Symbol("derive");

export interface NotDifferentiable {
  readonly reason: string;
}

/** States why an op has no gradient. */
export function notDifferentiable(reason: string): NotDifferentiable {
  return { reason };
}

export interface LowerContext<A> {
  /** Operands to read; contiguous unless the kernel kind takes strides. */
  readonly inputs: readonly Operand[];
  /** Operands to write: contiguous, one per output. */
  readonly outputs: readonly Operand[];
  /** Dtypes of the inputs. */
  readonly dtypes: readonly DType[];
  /** Dtypes of the outputs. */
  readonly outputDtypes: readonly DType[];
  readonly attributes: A;
}

interface OpBase<A extends Attributes> {
  readonly name: string;
  /** Names of the inputs, for errors and pictures. */
  readonly inputNames?: readonly string[] | undefined;
  /** The only place that knows the output shapes; throws the op's shape, dtype and option errors. */
  infer(context: InferContext<A>): TensorSpec | readonly TensorSpec[];
  /** What of the attributes belongs to a program's key, when not all of them. */
  key?(attributes: A): unknown;
  /** Floating-point operations; the planner counts one per output element when absent. */
  flops?(context: InferContext<A>): number;
}

export interface LoweredOp<A extends Attributes> extends OpBase<A> {
  readonly vjp: VjpRule<A> | NotDifferentiable;
  lower(context: LowerContext<A>): Kernel;
}

export interface ViewOp<A extends Attributes> extends OpBase<A> {
  readonly vjp: VjpRule<A> | NotDifferentiable;
  /** The input's memory under other strides, or `null` when strides cannot say it: the planner then copies first. */
  view(input: Operand, attributes: A, output: TensorSpec): Operand | null;
}

export interface ExpandedOp<A extends Attributes> extends OpBase<A> {
  readonly vjp: VjpRule<A> | NotDifferentiable | typeof derive;
  expand(inputs: readonly Tensor[], attributes: A): Tensor | readonly Tensor[];
}

/** Constants, inputs, scalars and variables: nodes whose value comes from outside the graph. */
export interface LeafOp<A extends Attributes> extends OpBase<A> {
  readonly leaf: true;
}

export type OpDefinition<A extends Attributes = Attributes> = LoweredOp<A> | ViewOp<A> | ExpandedOp<A> | LeafOp<A>;

/** An op that can be applied to tensors. */
export type Op<A extends Attributes> = OpDefinition<A> & {
  /** Adds a node; returns its first output. */
  apply(inputs: readonly Tensor[], attributes: A): Tensor;
  /** Adds a node; returns all outputs. */
  applyAll(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
};

/**
 * Defines an op. See `docs/adding-an-op.md`.
 *
 * @example
 * const cubeOp = defineOp<{}>({
 *   name: "cube",
 *   infer: ({ inputs }) => inputs[0]!,
 *   vjp: ({ inputs: [x], dy }) => [dy.mul(x!.square()).mul(3)],
 *   expand: ([x]) => x!.mul(x!).mul(x!),
 * });
 * export const cube = (x: Tensor): Tensor => cubeOp.apply([x], {});
 */
export function defineOp<A extends Attributes>(definition: OpDefinition<A>): Op<A> {
  const op: Op<A> = {
    ...definition,
    apply: (inputs, attributes) => makeNode(op, inputs, attributes).tensors[0] as Tensor,
    applyAll: (inputs, attributes) => makeNode(op, inputs, attributes).tensors,
  };
  return op;
}

function asList(specs: TensorSpec | readonly TensorSpec[]): readonly TensorSpec[] {
  return Array.isArray(specs) ? (specs as readonly TensorSpec[]) : [specs as TensorSpec];
}

/** Adds a node to the graph: checks it by the op's shape rule, and remembers module path and source line. */
export function makeNode<A extends Attributes>(op: OpDefinition<A>, inputs: readonly Tensor[], attributes: A): Node {
  const origin = session.origin;
  const scope = origin?.scope ?? currentScope();
  const site = origin?.site ?? captureSite(makeNode);
  let outputs: readonly TensorSpec[];
  try {
    outputs = asList(op.infer({ inputs, attributes }));
    for (const output of outputs) checkExtents(output);
  } catch (error) {
    if (error instanceof PrewittError) {
      const operands = inputs.map((t, i) => ({
        name: op.inputNames?.[i] ?? `input ${i}`,
        shape: t.shape,
        dtype: t.dtype,
      }));
      throw error.fill({ op: op.name, module: scope, operands, at: formatSite(site) });
    }
    throw error;
  }
  return new Node({
    op,
    inputs,
    attributes,
    outputs,
    scope,
    site,
    control: origin?.control,
    recompute: origin?.recompute,
    partOf: origin?.partOf,
  });
}

function checkExtents(spec: TensorSpec): void {
  if (spec.shape.every((n) => Number.isSafeInteger(n) && n >= 0)) return;
  throw new ShapeError({
    summary: "the output would have an impossible shape",
    problems: [`shape [${spec.shape.join(", ")}]`],
  });
}
