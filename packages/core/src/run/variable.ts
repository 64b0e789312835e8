/**
 * `Variable`: the only mutable thing. A cell that holds one tensor after another: parameters, running statistics,
 * optimiser slots, counters.
 *
 * Each version of the value has one node. `read()` gives the current version's node, `assign` starts the next version
 * and computes nothing. Compiled programs keep the value in executor memory and update it in place; a handle of the
 * version that is about to be overwritten gets its value copied out first, if anyone still holds it (WeakRef).
 */

import { DTypeError, ShapeError, StateError, TraceError } from "../errors/errors.ts";
import { scalarNode, variableOp } from "../graph/leaves.ts";
import type { Node } from "../graph/node.ts";
import { type Attributes, defineOp, makeNode } from "../graph/op.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import { session } from "../session.ts";
import type { DType, TypedArray } from "../tensor/dtype.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import type { Tensor, TensorSpec } from "../tensor/tensor.ts";
import type { Executor, Storage, Value } from "./executor.ts";

interface VersionAttributes extends Attributes {
  readonly cell: object;
}

// The value is handed on, and the cotangent too.
export const versionOp = defineOp<VersionAttributes>({
  name: "assigned",
  inputNames: ["value"],
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  key: () => null,
  vjp: ({ dy }) => [dy],
  view: (input) => input,
});

/** A node that stands for the value assigned to a variable. */
export function versionNode(variable: Variable, value: Tensor): Tensor {
  return makeNode(versionOp, [value], { cell: variable }).tensors[0] as Tensor;
}

/** The variable of which `t` is a version, if it is one. */
export function versionCell(t: Tensor): Variable | undefined {
  return t.node.op === versionOp || t.node.op === variableOp ? (t.node.attributes.cell as Variable) : undefined;
}

/** The value of a version that lives in executor memory until the next version overwrites it. */
class ResidentValue implements Value {
  readonly #storage: Storage;
  #copy: TypedArray | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }
  get dtype(): DType {
    return this.#storage.dtype;
  }
  get length(): number {
    return this.#storage.length;
  }
  async read(): Promise<TypedArray> {
    return this.#copy ?? (await this.#storage.read());
  }
  readSync(): TypedArray {
    return this.#copy ?? readNow(this.#storage);
  }
  /** Copies the value out before its memory is overwritten. */
  preserve(): void {
    this.#copy ??= readNow(this.#storage).slice();
  }
}

function readNow(value: Value): TypedArray {
  if (value.readSync === undefined) throw new StateError("this executor cannot read values synchronously");
  return value.readSync();
}

export interface VariableOptions {
  readonly name?: string | undefined;
}

export class Variable implements TensorSpec {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Shown in errors and programs; modules set it to the parameter's path. */
  name: string;
  /** Counts assignments. */
  version = 0;

  /** Node of the current version; absent while only executor memory holds the value. */
  #current: Tensor | undefined;
  #storage: Storage | undefined;
  /** The version that `#storage` holds. */
  #stored = -1;
  /** A node of the stored version, if one was handed out. */
  #storedNode: WeakRef<Node> | undefined;
  /** Its value, which other variables may have taken over, and which then outlives the node. */
  #storedValue: WeakRef<ResidentValue> | undefined;
  /** Version nodes that still keep their history, with the generation they were assigned in. */
  #chain: { node: Node; generation: number }[] = [];

  /**
   * @param initial The first value: a tensor, or a number for a float32 scalar.
   * Throws `TraceError` inside `compile`.
   */
  constructor(initial: Tensor | number, options: VariableOptions = {}) {
    if (session.trace !== undefined) {
      throw new TraceError({
        summary: "a Variable cannot be made inside compile",
        fix: "make it outside the compiled function and read or assign it inside",
        at: formatSite(captureSite(Variable)),
      });
    }
    const value = typeof initial === "number" ? scalarNode(initial, "float32") : initial;
    this.id = session.nextVariable++;
    this.shape = value.shape;
    this.dtype = value.dtype;
    this.name = options.name ?? `variable${this.id}`;
    this.#begin(value);
  }

  /** The node of the current version; the same node until the next `assign`. */
  read(): Tensor {
    if (session.trace !== undefined) return session.trace.read(this);
    if (this.#current !== undefined) return this.#current;
    const alive = this.#storedNode?.deref();
    if (alive !== undefined) return alive.tensors[0] as Tensor;
    const node = makeNode(variableOp, [], {
      spec: { shape: this.shape, dtype: this.dtype },
      cell: this,
      version: this.version,
    });
    const value = this.#storedValue?.deref() ?? new ResidentValue(this.#storage as Storage);
    node.values[0] = value;
    this.#storedValue = new WeakRef(value);
    this.#storedNode = new WeakRef(node);
    return node.tensors[0] as Tensor;
  }

  /**
   * Starts the next version with `value`; nothing is evaluated. Later reads see it, inside and outside `compile`.
   * Throws `ShapeError` or `DTypeError` when the value does not fit.
   */
  assign(value: Tensor | number): void {
    const next = typeof value === "number" ? scalarNode(value, this.dtype).broadcastTo(this.shape) : value;
    this.#check(next);
    if (session.trace !== undefined) {
      session.trace.assign(this, next);
      return;
    }
    this.version++;
    this.#begin(next);
  }

  #check(value: Tensor): void {
    if (sameShape(value.shape, this.shape) && value.dtype === this.dtype) return;
    const at = formatSite(captureSite(Variable.prototype.assign));
    const operands = [
      { name: this.name, shape: this.shape, dtype: this.dtype },
      { name: "value", shape: value.shape, dtype: value.dtype },
    ];
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError({
        op: "assign",
        summary: `the value does not fit ${this.name}`,
        operands,
        fix: `give it the shape ${formatShape(this.shape)}`,
        at,
      });
    }
    throw new DTypeError({
      op: "assign",
      summary: `the value does not fit ${this.name}`,
      operands,
      fix: `value.cast("${this.dtype}")`,
      at,
    });
  }

  #begin(value: Tensor): void {
    const known = value.node.values[value.output];
    if (known !== undefined && value.node.inputs.length === 0) {
      const node = makeNode(variableOp, [], {
        spec: { shape: this.shape, dtype: this.dtype },
        cell: this,
        version: this.version,
      });
      node.values[0] = known;
      this.#current = node.tensors[0] as Tensor;
      return;
    }
    // Evaluated or not, a version keeps its history until it is settled: what `grad` reaches depends on no evaluation.
    this.#current = versionNode(this, value);
    this.#current.node.values[0] = known;
    this.#chain.push({ node: this.#current.node, generation: session.generation });
    session.unsettled.add(this);
  }

  /** The current version's node while it waits to be evaluated. */
  get pending(): Tensor | undefined {
    const current = this.#current;
    return current === undefined || current.node.values[0] !== undefined ? undefined : current;
  }

  /** Versions assigned before `generation` that are not evaluated yet. */
  pendingBefore(generation: number): Tensor[] {
    return this.#chain
      .filter((c) => c.generation < generation && c.node.values[0] === undefined)
      .map((c) => c.node.tensors[0] as Tensor);
  }

  /** Forgets how evaluated versions assigned before `generation` were computed. */
  cutBefore(generation: number): void {
    this.#chain = this.#chain.filter((c) => {
      if (c.generation >= generation || c.node.values[0] === undefined) return true;
      c.node.cut();
      return false;
    });
    if (this.#chain.length === 0) session.unsettled.delete(this);
  }

  /** The value in memory of `executor`, uploaded if it is elsewhere. The value must not be pending. */
  resident(executor: Executor): Storage {
    if (this.#stored === this.version && this.#storage?.owner === executor) return this.#storage;
    const data = readNow(this.read().node.values[0] as Value);
    this.#preserve();
    if (this.#storage?.owner !== executor) {
      this.#storage?.free?.();
      this.#storage = executor.createStorage(this.dtype, sizeOf(this.shape));
    }
    this.#storage.write(data);
    this.#stored = this.version;
    const node = this.#current?.node;
    this.#forgetStored();
    // A leaf can be made again on demand; a version with history stays, so that `grad` can still walk past it.
    if (node !== undefined && node.op === variableOp) {
      this.#storedNode = new WeakRef(node);
      this.#current = undefined;
    }
    return this.#storage;
  }

  /** Called before a program overwrites the memory: handles of the stored version get a copy of their own. */
  beforeOverwrite(): void {
    this.#preserve();
  }

  /** Called after a program has written the next version into the memory. */
  afterOverwrite(): void {
    this.version++;
    this.#stored = this.version;
    this.#forgetStored();
    this.#current = undefined;
    if (this.#chain.length > 0) this.cutBefore(Number.POSITIVE_INFINITY);
  }

  #preserve(): void {
    this.#storedValue?.deref()?.preserve();
  }

  #forgetStored(): void {
    this.#storedNode = undefined;
    this.#storedValue = undefined;
  }

  toString(): string {
    return `Variable ${this.name} ${this.dtype} ${formatShape(this.shape)}`;
  }
}
