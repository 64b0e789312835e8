/**
 * What an export rule sees and gives.
 *
 * A rule looks at a node and says which tensors it reads and how they become operators of the file. It may reach past
 * the node's own inputs, so that a convolution and the bias behind it become one operator.
 */

import { type Node, scalarValue, type Tensor } from "@prewitt/core";
import { failAt, type Misfit } from "./export-error.ts";
import type { GraphWriter } from "./graph-writer.ts";
import { type Extent, shapeOf, type Twin, twins } from "./twin.ts";

export interface Plan {
  readonly inputs: readonly Twin[];
  /** Writes operators for inputs of the given names; returns the names of the node's outputs, "" for those not written. */
  emit(names: readonly string[]): readonly string[];
}

export class RuleContext {
  readonly node: Node;
  /** The same node of the other trace. */
  readonly twin: Node;
  readonly writer: GraphWriter;
  readonly inputs: readonly Twin[];
  readonly outputs: readonly Twin[];
  readonly #uses: ReadonlyMap<Tensor, number>;

  constructor(node: Node, twin: Node, writer: GraphWriter, uses: ReadonlyMap<Tensor, number>) {
    this.node = node;
    this.twin = twin;
    this.writer = writer;
    this.inputs = twins(node.inputs, twin.inputs);
    this.outputs = twins(node.tensors, twin.tensors);
    this.#uses = uses;
  }

  fail(misfit: Misfit): never {
    return failAt(this.node, misfit);
  }

  input(i: number): Twin {
    return this.inputs[i] as Twin;
  }

  /** Extents of output `i`. */
  extents(i = 0): readonly Extent[] {
    return shapeOf(this.outputs[i] as Twin);
  }

  /** The number that input `i` is, where it is one. */
  number(i: number): number | undefined {
    const { a, b } = this.input(i);
    const value = scalarValue(a);
    return value !== undefined && Object.is(value, scalarValue(b)) ? value : undefined;
  }

  /** Whether nothing but one node reads `t`, and it is no result. */
  onlyUse(t: Tensor): boolean {
    return (this.#uses.get(t) ?? 1) === 1;
  }

  /** Whether anything may read output `i`. */
  isRead(i: number): boolean {
    const { tensors } = this.node;
    return this.#uses.has(tensors[i] as Tensor) || !tensors.some((t) => this.#uses.has(t));
  }
}

/** `undefined` when the rule does not fit the node: its expansion or its kernel is exported then. */
export type Rule = (context: RuleContext) => Plan | undefined;

/** The plan of a node that becomes operators over its own inputs, with one output. */
export function simple(context: RuleContext, emit: (names: readonly string[]) => string): Plan {
  return { inputs: context.inputs, emit: (names) => [emit(names)] };
}
