/**
 * The file's graph while it is written: nodes in order, initialisers, and names, each given once.
 *
 * Values are named after the module that made them and the operator, `features.0/Conv`. Initialisers hold a tensor, whose
 * elements are asked for when the graph is finished, or an array.
 */

import type { DType, Tensor, TypedArray } from "@prewitt/core";
import { elementTypes, INT64 } from "../element-types.ts";
import type { Draft, OnnxAttribute, OnnxNode } from "../schema.ts";
import type { Extent } from "./twin.ts";

/** Integers as they are; a float as `{ float }`; a text as it is. */
export type AttributeValue = number | readonly number[] | string | { readonly float: number };

export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  readonly values: Tensor | TypedArray | BigInt64Array;
}

function attributeOf(name: string, value: AttributeValue): Draft<OnnxAttribute> {
  if (typeof value === "number") return { name, type: 2, i: BigInt(value) };
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: (value as readonly number[]).map(BigInt) };
}

export class GraphWriter {
  readonly opset: number;
  readonly nodes: Draft<OnnxNode>[] = [];
  readonly initializers: Initializer[] = [];
  readonly #names = new Set<string>([""]);
  readonly #nodeNames = new Set<string>();
  readonly #known = new Map<string, string>();
  /** A name below which the next nodes are put: the module's path. */
  scope = "";
  /** The input of the file, and its axis 0, that the batch is read from. */
  #batchSource: string | undefined;

  constructor(opset: number) {
    this.opset = opset;
  }

  /** `base`, or `base_1`, …: whichever is free. */
  name(base: string): string {
    return unique(this.#names, base);
  }

  /** Adds a node; returns the names of its `outputs` outputs. */
  add(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
    outputs = 1,
  ): readonly string[] {
    const base = this.scope === "" ? type : `${this.scope}/${type}`;
    const output = Array.from({ length: outputs }, (_, i) => this.name(i === 0 ? base : `${base}/${i}`));
    const attribute = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [attributeOf(key, value)],
    );
    const trimmed = inputs.slice(0, 1 + inputs.findLastIndex((name) => name !== ""));
    this.nodes.push({ name: unique(this.#nodeNames, base), opType: type, input: trimmed, output, attribute });
    return output;
  }

  /** The first output of `add`. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
  ): string {
    return this.add(type, inputs, attributes)[0] as string;
  }

  /** An initialiser with the elements of `values`, under a name like `base`. */
  initializer(base: string, values: Tensor | TypedArray, dtype: DType, dims: readonly number[]): string {
    const name = this.name(base);
    this.initializers.push({ name, dims, type: elementTypes[dtype], values });
    return name;
  }

  /** A constant; equal ones are one initialiser. */
  constant(values: readonly number[], dtype: DType | "int64", dims: readonly number[] = [values.length]): string {
    const key = `${dtype}[${dims.join()}]${values.map((v) => (Object.is(v, -0) ? "-0" : v)).join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.name("constant");
    this.#known.set(key, name);
    const type = dtype === "int64" ? INT64 : elementTypes[dtype];
    this.initializers.push({ name, dims, type, values: arrayOf(values, dtype) });
    return name;
  }

  scalar(value: number, dtype: DType): string {
    return this.constant([value], dtype, []);
  }

  /** An int64 vector: shapes, axes, bounds. */
  ints(values: readonly number[]): string {
    return this.constant(values, "int64");
  }

  set batchSource(input: string) {
    this.#batchSource = input;
  }

  /** The number of samples, int64 [1], read from the input when the file runs. */
  #batch(): string {
    const known = this.#known.get("batch");
    if (known !== undefined) return known;
    const { scope } = this;
    this.scope = "batch";
    const shape = this.op("Shape", [this.#batchSource as string]);
    const name = this.op("Slice", [shape, this.ints([0]), this.ints([1])]);
    this.scope = scope;
    this.#known.set("batch", name);
    return name;
  }

  /** A shape as an int64 vector, computed where it depends on the batch. */
  shape(extents: readonly Extent[]): string {
    if (extents.every((n) => typeof n === "number")) return this.ints(extents as number[]);
    const parts = extents.map((n) => {
      if (typeof n === "number") return this.ints([n]);
      return n.batches === 1 ? this.#batch() : this.op("Mul", [this.#batch(), this.ints([n.batches])]);
    });
    return parts.length === 1 ? (parts[0] as string) : this.op("Concat", parts, { axis: 0 });
  }

  /** `value` under another shape of the same size. */
  reshape(value: string, extents: readonly Extent[]): string {
    const open = extents.filter((n) => typeof n !== "number").length;
    const empty = extents.includes(0);
    const target =
      open === 1 && !empty ? this.ints(extents.map((n) => (typeof n === "number" ? n : -1))) : this.shape(extents);
    return this.op("Reshape", [value, target], { allowzero: empty && this.opset >= 14 ? 1 : undefined });
  }

  /** Axes are an attribute of reductions until opset 18 and an input afterwards; of ReduceSum since 13. */
  reduce(type: string, value: string, axes: readonly number[], keepDims: boolean): string {
    const keepdims = keepDims ? 1 : 0;
    if (axes.length === 0) return this.op("Identity", [value]);
    if (type === "ReduceSum" || this.opset >= 18) return this.op(type, [value, this.ints(axes)], { keepdims });
    return this.op(type, [value], { keepdims, axes });
  }

  /** Drops nodes and initialisers that no result needs. */
  prune(results: readonly string[]): void {
    const needed = new Set(results);
    const kept: Draft<OnnxNode>[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.output?.some((name) => needed.has(name))) continue;
      kept.push(node);
      for (const name of node.input ?? []) needed.add(name);
    }
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
    const initializers = this.initializers.filter(({ name }) => needed.has(name));
    this.initializers.splice(0, this.initializers.length, ...initializers);
  }

  /** Gives values of the graph other names. */
  rename(names: ReadonlyMap<string, string>): void {
    const now = (name: string): string => names.get(name) ?? name;
    this.nodes.forEach((node, i) => {
      this.nodes[i] = { ...node, input: (node.input ?? []).map(now), output: (node.output ?? []).map(now) };
    });
  }
}

function unique(taken: Set<string>, base: string): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  taken.add(name);
  return name;
}

function arrayOf(values: readonly number[], dtype: DType | "int64"): TypedArray | BigInt64Array {
  switch (dtype) {
    case "int64":
      return BigInt64Array.from(values, (v) => (v === Number.NEGATIVE_INFINITY ? -(2n ** 63n) + 1n : BigInt(v)));
    case "float32":
      return Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "int32":
      return Int32Array.from(values);
    default:
      return Uint8Array.from(values);
  }
}
