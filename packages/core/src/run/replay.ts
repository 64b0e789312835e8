/**
 * What a trace became: a prepared program, and where its inputs, variables and results come from and go to. A call costs
 * little more than its kernels: no graph is built, no stack captured, nothing looked up by name.
 */

import { NonFiniteError } from "../errors/errors.ts";
import { resultNode } from "../graph/leaves.ts";
import type { Graph } from "../plan/graph.ts";
import { allocate, type TypedArray } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FlatTree } from "../tree/tree.ts";
import type { ArgumentLeaf } from "./arguments.ts";
import { evaluate, hostArray, settle } from "./evaluate.ts";
import type { Executor, PreparedProgram, Storage, Value } from "./executor.ts";
import { nonFiniteOrigin } from "./non-finite.ts";
import type { Variable } from "./variable.ts";

export interface ReplayParts {
  readonly graph: Graph;
  readonly prepared: PreparedProgram;
  readonly executor: Executor;
  readonly result: FlatTree<Tensor>;
  /** One per variable of the program. */
  readonly variables: readonly Variable[];
  readonly assigned: readonly Variable[];
  /** For each input of the program: the number of the argument leaf, a captured tensor, or the array itself. */
  readonly bindings: readonly (number | Tensor | TypedArray)[];
}

export class Replay {
  readonly executor: Executor;
  readonly #parts: ReplayParts;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    this.executor = parts.executor;
  }

  /** Runs the program on the leaves of the arguments; returns the tree that the traced function returned. */
  run(leaves: readonly ArgumentLeaf[]): unknown {
    const { variables: cells, assigned, result, prepared } = this.#parts;
    settlePending(cells);
    const variables: Storage[] = [];
    for (const v of cells) variables.push(v.resident(this.executor));
    for (const v of assigned) v.beforeOverwrite();
    // Only now: an argument may be the version that is about to be overwritten, and has its copy by now.
    const inputs = this.#inputs(leaves);
    let values: readonly Value[];
    try {
      values = prepared.run({ inputs, variables });
    } catch (error) {
      if (error instanceof NonFiniteError) throw this.#whereNonFinite(inputs, variables);
      throw error;
    }
    for (const v of assigned) v.afterOverwrite();
    return result.rebuild(result.leaves.map((t, i) => resultNode(values[i] as Value, t)));
  }

  #inputs(leaves: readonly ArgumentLeaf[]): TypedArray[] {
    const inputs: TypedArray[] = [];
    for (const b of this.#parts.bindings) {
      if (typeof b === "number") inputs.push(argumentArray(leaves[b] as ArgumentLeaf));
      else inputs.push(b instanceof Tensor ? hostArray(b) : b);
    }
    return inputs;
  }

  #whereNonFinite(inputs: readonly TypedArray[], storages: readonly Storage[]): NonFiniteError {
    const { graph, prepared, variables } = this.#parts;
    const byLeaf = new Map(prepared.program.inputs.map((input, i) => [input.leaf, inputs[i] as TypedArray]));
    const arrayOf = (leaf: number): TypedArray | undefined =>
      byLeaf.get(leaf) ?? knownValue(graph.leaves[leaf] as Tensor);
    return nonFiniteOrigin(graph, arrayOf, new Map(variables.map((v, i) => [v, storages[i] as Storage])));
  }
}

function settlePending(variables: readonly Variable[]): void {
  let pending: Variable[] | undefined;
  for (const v of variables) {
    if (v.pending === undefined) continue;
    pending ??= [];
    pending.push(v);
  }
  if (pending !== undefined) settle(...pending);
}

function knownValue(t: Tensor): TypedArray | undefined {
  return t.node.values[t.output] === undefined ? undefined : hostArray(t);
}

function argumentArray(value: ArgumentLeaf): TypedArray {
  if (typeof value === "number") {
    const array = allocate("float32", 1);
    array[0] = value;
    return array;
  }
  if (value.node.values[value.output] === undefined) evaluate(value);
  return hostArray(value);
}
