/**
 * `importOnnx`: an ONNX file as a module. Its parameters have the names of the file's initialisers, and it runs, trains
 * and is exported again like any other module.
 */

import { readFile, stat } from "node:fs/promises";
import {
  DataError,
  isTensor,
  locate,
  OptionError,
  PrewittError,
  session,
  type Tensor,
  Trace,
  tensor,
  Variable,
} from "@prewitt/core";
import { Buffer, Module } from "@prewitt/nn";
import { elementDType } from "../../files/elements.ts";
import { atCall, count, type Fail, failFor, shown } from "../../files/file-error.ts";
import { fileElements } from "../element-types.ts";
import { loadCodec } from "../protobuf.ts";
import type { OnnxModel as OnnxFile, OnnxNode } from "../schema.ts";
import { asTensor, Call, HostFloats, Integers, LONGEST, type Operator, type Value } from "./call.ts";
import { elementwiseOperators } from "./elementwise-operators.ts";
import { type CheckedGraph, checkGraph } from "./graph.ts";
import { reductionOperators } from "./reduction-operators.ts";
import { shapeOperators } from "./shape-operators.ts";
import type { TensorData } from "./tensor-data.ts";
import { windowOperators } from "./window-operators.ts";

const operators: ReadonlyMap<string, Operator> = new Map(
  [windowOperators, elementwiseOperators, shapeOperators, reductionOperators].flatMap((group) => Object.entries(group)),
);

/** Operators that are nodes of a file and values here. */
const known: ReadonlySet<string> = new Set([...operators.keys(), "Constant"]);

/** Largest message of the protobuf format. */
const LIMIT = 2 ** 31 - 1;

/** No image, and no tensor of an image, is as long as this along one axis. */
const LONGEST_AXIS = 1 << 26;

/** Inputs that operators read on the host: bounds, scales, widths. */
const hostInputs: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Resize: [1, 2],
  Upsample: [1],
  Pad: [2],
};

/** Inputs that are statistics rather than parameters. */
const statistics: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/** Names of initialisers that operators read at the given places. */
function readAt(nodes: readonly OnnxNode[], places: Readonly<Record<string, readonly number[]>>): Set<string> {
  return new Set(
    nodes.flatMap(({ opType, input }) => (places[opType] ?? []).flatMap((i) => (input[i] ? [input[i] as string] : []))),
  );
}

function isFloatData({ dtype }: TensorData): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** A model from an ONNX file. */
export class OnnxModel extends Module {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Parameters and statistics. The field has no name, so that their paths are the file's own names. */
  readonly "": Readonly<Record<string, Variable>>;
  readonly #graph: CheckedGraph;
  readonly #constants: ReadonlyMap<string, Value>;

  /** Use `importOnnx`. */
  constructor(graph: CheckedGraph) {
    super();
    this.#graph = graph;
    this.inputNames = graph.inputs.map(({ name }) => name);
    this.outputNames = graph.outputs;
    const onHost = readAt(graph.nodes, hostInputs);
    const buffers = readAt(graph.nodes, statistics);
    const variables: Record<string, Variable> = {};
    const constants = new Map<string, Value>();
    const read = new Set([...graph.outputs, ...graph.nodes.flatMap(({ input }) => input)]);
    for (const [name, data] of graph.constants) {
      if (!read.has(name)) continue;
      const { shape } = data;
      if (!isFloatData(data) && data.integer && data.dtype === "int32" && data.data.length <= LONGEST)
        constants.set(name, new Integers(shape, [...data.data]));
      else if (onHost.has(name) && isFloatData(data) && data.data.length <= LONGEST)
        constants.set(name, new HostFloats(shape, [...data.data]));
      else {
        const value = tensor(data.data, { shape, dtype: data.dtype, copy: false });
        if (!isFloatData(data) || shape.length === 0) constants.set(name, value);
        else variables[name] = buffers.has(name) ? new Buffer(value) : new Variable(value, { name });
      }
    }
    this[""] = variables;
    this.#constants = constants;
  }

  /**
   * The model's only output for its inputs in order. Throws `OptionError` for another number of inputs, and for a model
   * with several outputs: use `run`.
   */
  forward(...inputs: readonly Tensor[]): Tensor {
    const { outputNames } = this;
    if (outputNames.length !== 1) {
      throw locate(
        new OptionError({
          op: "OnnxModel",
          summary: `the model has ${outputNames.length} outputs`,
          problems: [outputNames.map(shown).join(", ")],
          fix: "call run(inputs), which gives them by name",
        }),
      );
    }
    return this.run(inputs)[outputNames[0] as string] as Tensor;
  }

  /**
   * All outputs by name, for inputs by name or in order. Throws `OptionError` for inputs that are missing or not known,
   * and what the operators throw for shapes that do not fit.
   */
  run(inputs: readonly Tensor[] | Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const values = new Map<string, Value>(this.#constants);
    for (const [name, variable] of Object.entries(this[""])) values.set(name, variable.read());
    for (const [name, t] of this.#bind(inputs)) values.set(name, t);
    for (const node of this.#graph.nodes) runNode(node, this.#graph.opset, values);
    return Object.fromEntries(this.outputNames.map((name) => [name, asTensor(values.get(name) as Value)]));
  }

  #bind(inputs: readonly Tensor[] | Readonly<Record<string, Tensor>>): [string, Tensor][] {
    const { inputNames } = this;
    const entries = Array.isArray(inputs)
      ? (inputs as readonly Tensor[]).map((t, i) => [inputNames[i] ?? `input ${i}`, t] as const)
      : Object.entries(inputs as Readonly<Record<string, Tensor>>);
    const given = new Map(entries);
    const problems = [
      ...inputNames.flatMap((name) => (isTensor(given.get(name)) ? [] : [`missing: ${shown(name)}`])),
      ...[...given.keys()].flatMap((name) => (inputNames.includes(name) ? [] : [`not known: ${shown(name)}`])),
    ];
    if (problems.length === 0) return inputNames.map((name) => [name, given.get(name) as Tensor]);
    const fix = `pass ${inputNames.length === 1 ? "one tensor" : `${inputNames.length} tensors`}: ${inputNames.map(shown).join(", ")}`;
    throw locate(new OptionError({ op: "OnnxModel", summary: "the inputs do not fit", problems, fix }));
  }

  override describe(): string {
    return `${this.#graph.nodes.length} nodes, opset ${this.#graph.opset}`;
  }
}

function runNode(node: OnnxNode, opset: number, values: Map<string, Value>): void {
  const inputs = node.input.map((name) => (name === "" ? undefined : values.get(name)));
  const call = new Call(node, opset, inputs);
  const given = (operators.get(node.opType) as Operator)(call);
  const outputs = Array.isArray(given) ? (given as readonly Value[]) : [given as Value];
  for (const [i, name] of node.output.entries()) {
    if (name === "") continue;
    const value = outputs[i] ?? call.fail(`its output ${i} is not supported`);
    const long = value.shape.find((n) => n > LONGEST_AXIS);
    if (long !== undefined) call.fail(`its result would have an axis of ${count(long)} elements`);
    values.set(name, value);
  }
}

/** Builds the graph once, where the file gives the shapes of its inputs, an open batch being 1. */
function rehearse(model: OnnxModel, graph: CheckedGraph, fail: Fail): void {
  const specs = graph.inputs.map(({ name, type, shape }) => {
    const element = fileElements.get(type);
    if (element === undefined) return fail(`the input ${shown(name)} is not supported`, `its type is ${type}`);
    const extents = shape?.map((n, axis) => n ?? (axis === 0 ? 1 : undefined));
    const odd = extents?.find((n) => n !== undefined && n > LONGEST_AXIS);
    if (odd !== undefined) fail(`the input ${shown(name)} is damaged`, `its shape has the extent ${count(odd)}`);
    return { shape: extents, dtype: elementDType(element) };
  });
  // An extent of 0 stands for an open one in files of some writers.
  if (specs.some(({ shape }) => shape === undefined || shape.includes(undefined) || shape.includes(0))) return;
  const trace = new Trace();
  const outer = session.trace;
  session.trace = trace;
  try {
    model.run(specs.map(({ shape, dtype }) => trace.input({ shape: shape as number[], dtype })));
  } catch (error) {
    if (error instanceof DataError) throw error;
    const problem = error instanceof PrewittError ? error.message.replaceAll("\n", "; ") : String(error);
    fail("the graph does not fit the shapes of its inputs", problem);
  } finally {
    session.trace = outer;
  }
}

async function readBytes(source: Uint8Array | string, fail: Fail): Promise<Uint8Array> {
  if (typeof source !== "string") return source;
  const broken = (cause: Error): never => fail("cannot be read", cause.message, "check the path");
  const { size } = await stat(source).catch(broken);
  if (size > LIMIT) fail("too long for its kind", `${count(size)} bytes found, at most ${count(LIMIT)} are read`);
  return await readFile(source).catch(broken);
}

/**
 * An ONNX model from the bytes of a file or from its path, in evaluation mode. Parameters have the names of the file's
 * initialisers; running statistics are buffers. `forward` takes the inputs in order and gives the only output, `run`
 * takes them by name too and gives all outputs by name. Images stay as the file has them, [N, C, H, W].
 *
 * Operator sets 7 … 25 are read; elements of 16 bits widen to float32, integers become int32.
 *
 * Throws `DataError` for files that are missing or damaged, whose elements lie in another file, and for operators that are
 * not supported, all of which it lists with their numbers.
 *
 * @example
 * const model = await importOnnx("detector.onnx");
 * const { boxes, scores } = model.run({ image });
 */
export function importOnnx(source: Uint8Array | string): Promise<OnnxModel> {
  return atCall(importOnnx, async () => {
    const fail = failFor("onnx", typeof source === "string" ? source : "the bytes");
    const bytes = await readBytes(source, fail);
    const { decode } = await loadCodec();
    let file: OnnxFile;
    try {
      file = decode(bytes);
    } catch (error) {
      return fail("no ONNX model", (error as Error).message);
    }
    const graph = checkGraph(file, known, fail);
    const model = new OnnxModel(graph).eval();
    rehearse(model, graph, fail);
    return model;
  });
}
