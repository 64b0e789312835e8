/**
 * What `compile` records while it calls the user's function once: inputs, variable reads and assignments, and guards on
 * library state (module mode, freeze state, …) that was read on the way.
 */

import { inputOp, variableOp } from "../graph/leaves.ts";
import { makeNode } from "../graph/op.ts";
import { session } from "../session.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import { type Variable, versionNode } from "./variable.ts";

export interface Guard {
  read(): unknown;
  readonly value: unknown;
}

export class Trace {
  readonly inputs: Tensor[] = [];
  /** The value each variable has when the call begins, for those that were read. */
  readonly reads = new Map<Variable, Tensor>();
  /** The last value assigned to each variable. */
  readonly assigned = new Map<Variable, Tensor>();
  readonly guards: Guard[] = [];

  input(spec: TensorSpec): Tensor {
    const tensor = makeNode(inputOp, [], { spec, index: this.inputs.length }).tensors[0] as Tensor;
    this.inputs.push(tensor);
    return tensor;
  }

  read(variable: Variable): Tensor {
    const assigned = this.assigned.get(variable);
    if (assigned !== undefined) return assigned;
    let tensor = this.reads.get(variable);
    if (tensor === undefined) {
      const spec = { shape: variable.shape, dtype: variable.dtype };
      tensor = makeNode(variableOp, [], { spec, cell: variable, version: -1 }).tensors[0] as Tensor;
      this.reads.set(variable, tensor);
    }
    return tensor;
  }

  assign(variable: Variable, value: Tensor): void {
    this.assigned.set(variable, versionNode(variable, value));
  }
}

/**
 * Reads library state that a trace depends on. Inside `compile` the value becomes part of the trace: a later call for
 * which `read()` gives another value traces again.
 *
 * @example const training = guarded(() => module.training);
 */
export function guarded<T>(read: () => T): T {
  const value = read();
  session.trace?.guards.push({ read, value });
  return value;
}
