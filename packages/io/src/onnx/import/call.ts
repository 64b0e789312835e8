/**
 * What an operator sees when it runs: its inputs, as tensors or as integers on the host, and its attributes.
 *
 * Shapes travel through ONNX graphs as int64 tensors (Shape → Gather → Concat → Reshape). Their extents are known while
 * our graph is built, so such values stay on the host as lists, and become int32 tensors where a tensor is wanted.
 */

import { DataError, type Shape, Tensor, tensor } from "@prewitt/core";
import { shown } from "../../files/file-error.ts";
import type { OnnxAttribute, OnnxNode } from "../schema.ts";

/** Integers on the host. */
export class Integers {
  readonly shape: Shape;
  readonly values: readonly number[];

  constructor(shape: Shape, values: readonly number[]) {
    this.shape = shape;
    this.values = values;
  }
}

/** A constant of the file that few elements and no gradient make: bounds of Clip, scales of Resize. */
export class HostFloats extends Integers {}

export type Value = Tensor | Integers;

/** Most elements of a list on the host. */
export const LONGEST = 1 << 16;

/** Bound on kernels, strides, dilations, paddings and other sizes that attributes give. */
const LARGEST = 1 << 16;

export function asTensor(value: Value): Tensor {
  if (value instanceof Tensor) return value;
  const data = value instanceof HostFloats ? Float32Array.from(value.values) : Int32Array.from(value.values);
  return tensor(data, { shape: value.shape });
}

export class Call {
  readonly node: OnnxNode;
  readonly opset: number;
  readonly inputs: readonly (Value | undefined)[];
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(node: OnnxNode, opset: number, inputs: readonly (Value | undefined)[]) {
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.#attributes = new Map(node.attribute.map((a) => [a.name, a]));
  }

  fail(problem: string): never {
    throw new DataError({
      op: "onnx",
      summary: `${this.node.opType} ${shown(this.node.name || this.node.output[0])} cannot be run`,
      problems: [problem],
      fix: "export the model again, or without this operator",
    });
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  value(i: number): Value {
    return this.inputs[i] ?? this.fail(`input ${i} is missing`);
  }

  tensor(i: number): Tensor {
    return asTensor(this.value(i));
  }

  optional(i: number): Tensor | undefined {
    const value = this.inputs[i];
    return value === undefined ? undefined : asTensor(value);
  }

  /** Numbers that must be known while the graph is built. */
  numbers(i: number): readonly number[] {
    const value = this.value(i);
    return value instanceof Integers ? value.values : this.fail(`input ${i} is computed, a constant is needed`);
  }

  attribute(name: string): OnnxAttribute | undefined {
    return this.#attributes.get(name);
  }

  int(name: string, otherwise: number): number {
    const value = this.#attributes.get(name);
    return value === undefined ? otherwise : Number(value.i);
  }

  float(name: string, otherwise: number): number {
    return this.#attributes.get(name)?.f ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    const value = this.#attributes.get(name);
    return value === undefined ? otherwise : new TextDecoder().decode(value.s);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attributes.get(name)?.ints.map(Number);
  }

  /** A size: a whole number in `least … 65536`. */
  size(name: string, value: number, least = 0): number {
    return Number.isInteger(value) && value >= least && value <= LARGEST
      ? value
      : this.fail(`${name} is ${value}, outside ${least} … ${LARGEST}`);
  }

  /** Axes from an attribute, or from input `i` of later operator sets; `undefined` when neither is there. */
  axes(i: number, rank: number): number[] | undefined {
    const given = this.ints("axes") ?? (this.has(i) ? this.numbers(i) : undefined);
    return given?.map((axis) => this.axis(axis, rank));
  }

  axis(axis: number, rank: number): number {
    const at = axis < 0 ? axis + rank : axis;
    return Number.isInteger(at) && at >= 0 && at < rank ? at : this.fail(`axis ${axis} of ${rank} axes`);
  }
}

/** An operator: its outputs, or the only one. */
export type Operator = (call: Call) => Value | readonly Value[];

/** Operands of one rank: missing axes of size 1 come first, as NumPy has it. */
export function aligned(...tensors: readonly Tensor[]): Tensor[] {
  const rank = Math.max(...tensors.map((t) => t.rank));
  return tensors.map((t) =>
    t.rank === rank || t.rank === 0 ? t : t.reshape([...new Array<number>(rank - t.rank).fill(1), ...t.shape]),
  );
}

/** Lists of one shape that broadcast: of equal length, or of one element. */
export function zipped(call: Call, a: Integers, b: Integers, of: (x: number, y: number) => number): Integers {
  const length = Math.max(a.values.length, b.values.length);
  const fits = (v: Integers): boolean => v.values.length === length || v.values.length === 1;
  if (!fits(a) || !fits(b)) return call.fail(`lists of ${a.values.length} and ${b.values.length} elements`);
  const at = (v: Integers, i: number): number => v.values[v.values.length === 1 ? 0 : i] as number;
  const shape = a.values.length === length && a.shape.length >= b.shape.length ? a.shape : b.shape;
  const values = Array.from({ length }, (_, i) => of(at(a, i), at(b, i)));
  return a instanceof HostFloats || b instanceof HostFloats
    ? new HostFloats(shape, values)
    : new Integers(shape, values.map(Math.trunc));
}
