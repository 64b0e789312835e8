/**
 * The graph of a file, checked: nodes in an order in which they can run, every value made once and before it is read,
 * only operators that are known. Everything that is wrong with the operators is said at once.
 */

import { count, type Fail, shown } from "../../files/file-error.ts";
import type { OnnxGraph, OnnxModel, OnnxNode } from "../schema.ts";
import { extentsFrom, readTensor, type TensorData } from "./tensor-data.ts";

export interface GraphInput {
  readonly name: string;
  /** Element type of the file. */
  readonly type: number;
  /** `undefined` where an extent is open; absent when the file gives no shape. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface CheckedGraph {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  /** Initialisers and the values of Constant nodes. */
  readonly constants: ReadonlyMap<string, TensorData>;
}

const OLDEST = 7;
const NEWEST = 25;

function readOpset(model: OnnxModel, fail: Fail): number {
  const own = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  if (own === undefined) return fail("the file names no operator set", "opset_import is missing");
  if (own.version < OLDEST || own.version > NEWEST)
    fail(
      "the operator set is not supported",
      `version ${own.version}, supported are ${OLDEST} … ${NEWEST}`,
      "convert the model with onnx.version_converter",
    );
  return Number(own.version);
}

/** Lists the operators that are not known, with names and numbers. */
function refuseUnknown(nodes: readonly OnnxNode[], known: ReadonlySet<string>, fail: Fail): void {
  const unknown = new Map<string, number>();
  for (const { opType, domain } of nodes) {
    const name = domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
    if (name === opType && known.has(opType)) continue;
    unknown.set(name, (unknown.get(name) ?? 0) + 1);
  }
  if (unknown.size === 0) return;
  const listed = [...unknown].sort(([a], [b]) => (a < b ? -1 : 1));
  fail(
    "the model has operators that are not supported",
    [
      ...listed.slice(0, 40).map(([name, n]) => `${shown(name)}: ${count(n)} ${n === 1 ? "node" : "nodes"}`),
      ...(listed.length > 40 ? [`and ${listed.length - 40} more`] : []),
    ],
    "write the model as an nn.Module and load its weights, or export it without these operators",
  );
}

function readInputs(graph: OnnxGraph, constants: ReadonlyMap<string, TensorData>, fail: Fail): GraphInput[] {
  return graph.input.flatMap(({ name, type }) => {
    if (constants.has(name)) return [];
    const tensor = type?.tensorType;
    if (tensor === undefined) return fail(`the input ${shown(name)} is no tensor`, "its type is missing");
    const dims = tensor.shape?.dim;
    // An extent that is absent lies on the message's prototype, as 0; some writers put −1 for an open one.
    const shape = dims?.map((dim) =>
      Object.hasOwn(dim, "dimValue") && dim.dimValue >= 0n
        ? (extentsFrom([dim.dimValue], `the input ${shown(name)}`, fail)[0] as number)
        : undefined,
    );
    return [{ name, type: tensor.elemType, shape }];
  });
}

/** A node that only gives a tensor of the file. */
function constantOf(node: OnnxNode, fail: Fail): TensorData | undefined {
  if (node.opType !== "Constant") return undefined;
  const what = `the constant ${shown(node.output[0])}`;
  const value = node.attribute.find(({ name }) => name.startsWith("value"));
  if (value?.t !== undefined) return readTensor(value.t, what, fail);
  switch (value?.name) {
    case "value_float":
      return { shape: [], dtype: "float32", data: Float32Array.of(value.f), integer: false };
    case "value_floats":
      return {
        shape: [value.floats.length],
        dtype: "float32",
        data: Float32Array.from(value.floats),
        integer: false,
      };
    case "value_int":
      return { shape: [], dtype: "int32", data: Int32Array.of(Number(value.i)), integer: true };
    case "value_ints":
      return { shape: [value.ints.length], dtype: "int32", data: Int32Array.from(value.ints, Number), integer: true };
    default:
      return fail(`${what} has no value that is supported`, `attribute ${shown(value?.name)}`);
  }
}

/** Checks that every value is made once, and before it is read. */
function demandOrder(graph: CheckedGraph, fail: Fail): void {
  const made = new Set([...graph.constants.keys(), ...graph.inputs.map(({ name }) => name)]);
  const later = new Set(graph.nodes.flatMap(({ output }) => output));
  for (const node of graph.nodes) {
    const missing = node.input.find((name) => name !== "" && !made.has(name));
    if (missing !== undefined) {
      const why = later.has(missing)
        ? `it is read before it is made: the nodes are out of order, or run in a circle`
        : "no node makes it";
      fail("the graph is damaged", `${shown(missing)}, an input of ${shown(node.opType)} ${shown(node.name)}: ${why}`);
    }
    for (const name of node.output) {
      if (name !== "" && made.has(name)) fail("the graph is damaged", `${shown(name)} is made twice`);
      made.add(name);
    }
  }
  const absent = graph.outputs.find((name) => !made.has(name));
  if (absent !== undefined) fail("the graph is damaged", `no node makes the output ${shown(absent)}`);
}

/** Reads and checks the graph of a model. */
export function checkGraph(model: OnnxModel, known: ReadonlySet<string>, fail: Fail): CheckedGraph {
  const { graph } = model;
  if (graph === undefined) return fail("no ONNX model", "it has no graph");
  const opset = readOpset(model, fail);
  refuseUnknown(graph.node, known, fail);
  const constants = new Map<string, TensorData>();
  for (const t of graph.initializer) {
    if (constants.has(t.name)) fail("the graph is damaged", `the initialiser ${shown(t.name)} is there twice`);
    constants.set(t.name, readTensor(t, `the initialiser ${shown(t.name)}`, fail));
  }
  const inputs = readInputs(graph, constants, fail);
  const nodes: OnnxNode[] = [];
  for (const node of graph.node) {
    const value = constantOf(node, fail);
    const [name] = node.output;
    if (value === undefined) nodes.push(node);
    else if (name === undefined || constants.has(name)) fail("the graph is damaged", `${shown(name)} is made twice`);
    else constants.set(name, value);
  }
  const outputs = graph.output.map(({ name }) => name);
  if (outputs.length === 0) fail("the graph is damaged", "it has no output");
  const checked = { name: graph.name, opset, inputs, outputs, nodes, constants };
  demandOrder(checked, fail);
  return checked;
}
