/**
 * `Node`: one operation of the graph. Immutable but for `values`, the cache of evaluated outputs, and
 * `cut`, which variables use to forget how a settled version was computed.
 */

import type { Value } from "../run/executor.ts";
import { session } from "../session.ts";
import { Tensor, type TensorSpec } from "../tensor/tensor.ts";
import type { Attributes, OpDefinition } from "./op.ts";
import type { Site } from "./site.ts";

export interface NodeInit {
  // biome-ignore lint/suspicious/noExplicitAny: a node holds an op of any attributes; the op's own rules are typed
  readonly op: OpDefinition<any>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly TensorSpec[];
  readonly scope: string;
  readonly site: Site;
  /** A value that must be computed before this node may be: how `checkpoint` delays recomputation. */
  readonly control?: Tensor | undefined;
  /** Set on recomputed clones; nodes of different recompute ids are never merged. */
  readonly recompute?: number | undefined;
  /** Name of the op whose expansion the node belongs to: errors at run time speak of that op. */
  readonly partOf?: string | undefined;
}

export class Node {
  /** Rises with creation, so inputs have smaller ids than the nodes that read them. */
  readonly id: number;
  // biome-ignore lint/suspicious/noExplicitAny: see NodeInit
  readonly op: OpDefinition<any>;
  inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly TensorSpec[];
  /** Module path, "" outside modules. */
  readonly scope: string;
  readonly site: Site;
  readonly control: Tensor | undefined;
  readonly recompute: number | undefined;
  readonly partOf: string | undefined;
  /** Handles on the outputs, one each. */
  readonly tensors: readonly Tensor[];
  /** Evaluated outputs, where kept. */
  readonly values: (Value | undefined)[];

  constructor(init: NodeInit) {
    this.id = session.nextNode++;
    this.op = init.op;
    this.inputs = init.inputs;
    this.attributes = init.attributes;
    this.outputs = init.outputs;
    this.scope = init.scope;
    this.site = init.site;
    this.control = init.control;
    this.recompute = init.recompute;
    this.partOf = init.partOf;
    this.tensors = init.outputs.map((_, i) => new Tensor(this, i));
    this.values = new Array<Value | undefined>(init.outputs.length).fill(undefined);
  }

  /** Drops the history of an evaluated node, so that a chain of updates does not keep every earlier step alive. */
  cut(): void {
    this.inputs = [];
  }
}
