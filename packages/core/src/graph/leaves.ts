/**
 * Leaves: nodes whose value comes from outside the graph.
 *
 * - `constant`: a typed array given by the user, or an evaluated node cut off from its history
 * - `scalar`: one number; not part of a program's key unless it is 0, ±1, 2 or ½
 * - `input`: an argument of the function that `compile` traces
 * - `variable`: one version of a `Variable`
 */

import { HostValue, type Value } from "../run/executor.ts";
import { allocate, type DType, type TypedArray } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { Node } from "./node.ts";
import { type Attributes, type LeafOp, makeNode } from "./op.ts";
import type { Site } from "./site.ts";

interface SpecAttributes extends Attributes {
  readonly spec: TensorSpec;
}

export interface ScalarAttributes extends SpecAttributes {
  readonly value: number;
}

function leaf<A extends SpecAttributes>(name: string): LeafOp<A> {
  return { name, leaf: true, infer: ({ attributes }) => attributes.spec };
}

export const constantOp: LeafOp<SpecAttributes> = leaf("constant");
export const scalarOp: LeafOp<ScalarAttributes> = leaf("scalar");
export const inputOp: LeafOp<SpecAttributes & { readonly index: number }> = leaf("input");
export const variableOp: LeafOp<SpecAttributes & { readonly cell: object; readonly version: number }> =
  leaf("variable");

/** A leaf that holds `array`, which must not be written to afterwards. */
export function constantNode(array: TypedArray, shape: Shape, dtype: DType): Tensor {
  return valueNode(new HostValue(dtype, array), shape);
}

/** A leaf with a value from an executor. */
export function valueNode(value: Value, shape: Shape): Tensor {
  const node = makeNode(constantOp, [], { spec: { shape, dtype: value.dtype } });
  node.values[0] = value;
  return node.tensors[0] as Tensor;
}

/** A leaf with what a compiled call computed for `origin`, a tensor of its trace, whose module path and line it takes. */
export function resultNode(value: Value, origin: Tensor): Tensor {
  const spec = origin.node.outputs[origin.output] as TensorSpec;
  return bareLeaf(constantOp, { spec }, value, origin.node.scope, origin.node.site);
}

/** A scalar leaf of rank 0. */
export function scalarNode(value: number, dtype: DType): Tensor {
  const array = allocate(dtype, 1);
  array[0] = value;
  return bareLeaf(scalarOp, { spec: { shape: [], dtype }, value }, new HostValue(dtype, array), "", {});
}

/** A leaf that captures no stack, which costs more than all else here. */
function bareLeaf<A extends SpecAttributes>(
  op: LeafOp<A>,
  attributes: A,
  value: Value,
  scope: string,
  site: Site,
): Tensor {
  const node = new Node({ op, inputs: [], attributes, outputs: [attributes.spec], scope, site });
  node.values[0] = value;
  return node.tensors[0] as Tensor;
}

/** The number a tensor stands for, when it is a scalar leaf. */
export function scalarValue(tensor: Tensor): number | undefined {
  return tensor.node.op === scalarOp ? (tensor.node.attributes as ScalarAttributes).value : undefined;
}

/** Scalars that are part of a program's key, so that passes may use their value. */
export function isLiteral(value: number): boolean {
  return value === 0 || value === 1 || value === -1 || value === 2 || value === 0.5;
}
