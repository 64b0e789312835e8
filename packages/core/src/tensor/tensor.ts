/**
 * `Tensor`: an immutable handle on one output of a graph node.
 *
 * This file imports no op. The methods (`x.mul(y)`, `x.sum(...)`, `await x.data()`) are declared in
 * `methods-type.ts` and installed on the prototype by `methods.ts`.
 */

import type { Node } from "../graph/node.ts";
import type { DType } from "./dtype.ts";
import type { TensorMethods } from "./methods-type.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** Shape and dtype: all that shape rules may look at. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What ops accept where a tensor is expected: a number takes the dtype of the other operand. */
export type TensorLike = Tensor | number;

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are installed by methods.ts
export class Tensor implements TensorSpec {
  readonly node: Node;
  /** Which output of the node. */
  readonly output: number;

  constructor(node: Node, output: number) {
    this.node = node;
    this.output = output;
  }

  get shape(): Shape {
    return (this.node.outputs[this.output] as TensorSpec).shape;
  }
  get dtype(): DType {
    return (this.node.outputs[this.output] as TensorSpec).dtype;
  }
  get rank(): number {
    return this.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
}

export interface Tensor extends TensorMethods {}

/** Whether `value` is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
