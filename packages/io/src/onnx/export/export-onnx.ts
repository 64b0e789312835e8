/**
 * `exportOnnx` and `saveOnnx`: a model, or any function whose ops ONNX has, as an ONNX file.
 *
 * The graph is written as it was built: an op that has an operator is one node, others become what they expand to. See
 * `docs/onnx.md` for what becomes of what.
 */

import {
  captureSite,
  checkOptions,
  DataError,
  type DType,
  formatSite,
  isTensor,
  OptionError,
  PrewittError,
  type Shape,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { type InputShape, Module } from "@prewitt/nn";
import { littleEndianBytes } from "../../files/elements.ts";
import { count } from "../../files/file-error.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { elementTypes } from "../element-types.ts";
import { loadCodec } from "../protobuf.ts";
import type { Draft, OnnxTensor, OnnxValueInfo } from "../schema.ts";
import { Exporter } from "./exporter.ts";
import { GraphWriter, type Initializer } from "./graph-writer.ts";
import { type ExportTarget, type Traced, traceTwice, variablePaths } from "./target.ts";
import { type Extent, shapeOf, type Twin } from "./twin.ts";

export interface ExportOnnxOptions {
  /** Version of the operator set, 13 … 21. Default 17. */
  readonly opset?: number | undefined;
  /** Names of inputs and outputs, in order. Default: input, or input0, input1, …; outputs by their keys, or output. */
  readonly names?: { readonly inputs?: readonly string[]; readonly outputs?: readonly string[] } | undefined;
  /** Whether axis 0 of every input, or of each, is a batch of any size. Default true. */
  readonly dynamicBatch?: boolean | readonly boolean[] | undefined;
  /** "uint8": the file takes images of bytes and casts them to float32 first. Default: what the function takes. */
  readonly inputDType?: "uint8" | undefined;
}

const KNOWN = ["opset", "names", "dynamicBatch", "inputDType"] as const;
const OLDEST = 13;
const NEWEST = 21;
/** Largest message of the protobuf format. */
const LIMIT = 2 ** 31 - 1;

/** The file format's version that goes with an operator set (onnx/docs/Versioning.md). */
const irVersion = (opset: number): bigint => (opset < 15 ? 7n : opset < 19 ? 8n : opset < 21 ? 9n : 10n);

interface Request {
  readonly opset: number;
  readonly specs: readonly TensorSpec[];
  readonly batched: readonly boolean[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[] | undefined;
  readonly bytes: boolean;
}

function refuse(summary: string, problem: string, fix: string): never {
  throw new OptionError({ op: "exportOnnx", summary, problems: [problem], fix });
}

/** Shapes get a batch of 1, which matters where it is fixed. */
function readInputs(inputs: InputShape | Tensor | readonly Tensor[]): TensorSpec[] {
  const list: readonly unknown[] = isTensor(inputs) ? [inputs] : inputs;
  if (Array.isArray(list) && list.length > 0 && list.every(isTensor))
    return list.map(({ shape, dtype }) => ({ shape, dtype }));
  const isShape = (s: unknown): s is Shape => Array.isArray(s) && s.every((n) => Number.isSafeInteger(n) && n >= 0);
  const shapes = isShape(list) ? [list] : list;
  if (Array.isArray(shapes) && shapes.every(isShape))
    return shapes.map((shape) => ({ shape: [1, ...shape], dtype: "float32" as DType }));
  return refuse(
    "the inputs are neither shapes nor tensors",
    `given: ${typeof inputs === "object" ? "an object" : String(inputs)}`,
    "pass a shape without the batch, [1, 28, 28], a list of such shapes, or example tensors",
  );
}

function readNames(what: string, given: readonly string[] | undefined, wanted: number): void {
  if (given === undefined) return;
  const strings = Array.isArray(given) && given.every((name) => typeof name === "string" && name !== "");
  if (strings && given.length === wanted && new Set(given).size === wanted) return;
  refuse(`names.${what} must be ${wanted} different names`, `given: ${JSON.stringify(given)}`, "give each one a name");
}

function readRequest(inputs: InputShape | Tensor | readonly Tensor[], options: ExportOnnxOptions): Request {
  checkOptions("exportOnnx", options, KNOWN);
  const { opset = 17, names = {}, dynamicBatch = true, inputDType } = options;
  if (!Number.isInteger(opset) || opset < OLDEST || opset > NEWEST)
    refuse("the operator set is not supported", `opset is ${opset}`, `use ${OLDEST} … ${NEWEST}`);
  if (inputDType !== undefined && inputDType !== "uint8")
    refuse('inputDType must be "uint8"', `inputDType is ${String(inputDType)}`, "leave it out");
  checkOptions("exportOnnx", names, ["inputs", "outputs"]);
  const specs = readInputs(inputs);
  const batched =
    typeof dynamicBatch === "boolean" ? specs.map((s) => dynamicBatch && s.shape.length > 0) : dynamicBatch;
  if (batched.length !== specs.length)
    refuse("dynamicBatch must say it for each input", `${batched.length} for ${specs.length}`, "give one each");
  readNames("inputs", names.inputs, specs.length);
  const inputNames = names.inputs ?? (specs.length === 1 ? ["input"] : specs.map((_, i) => `input${i}`));
  return { opset, specs, batched, inputNames, outputNames: names.outputs, bytes: inputDType === "uint8" };
}

function valueInfo(name: string, type: number, extents: readonly Extent[]): Draft<OnnxValueInfo> {
  const dim = extents.map((n) =>
    typeof n === "number" ? { dimValue: BigInt(n) } : { dimParam: n.batches === 1 ? "batch" : `${n.batches} * batch` },
  );
  return { name, type: { tensorType: { elemType: type, shape: { dim } } } };
}

async function tensorProto({ name, dims, type, values }: Initializer): Promise<Draft<OnnxTensor>> {
  const elements = isTensor(values) ? await values.data() : values;
  const rawData =
    elements instanceof BigInt64Array
      ? littleEndianBytes(new Float64Array(elements.buffer))
      : littleEndianBytes(elements);
  return { name, dims: dims.map(BigInt), dataType: type, rawData };
}

/** Results by their keys; `output` or `output0`, … where there are none. */
function outputNamesOf({ paths }: Traced, given: readonly string[] | undefined): readonly string[] {
  readNames("outputs", given, paths.length);
  if (given !== undefined) return given;
  return paths.map((path) => (path === "" ? "output" : /^\d+$/.test(path) ? `output${path}` : path));
}

/** Gives results their names, by an Identity where a value is an input, an initialiser or two results. */
function nameResults(writer: GraphWriter, results: readonly string[], names: readonly string[]): void {
  const made = new Set(writer.nodes.flatMap((node) => node.output ?? []));
  const renamed = new Map<string, string>();
  writer.scope = "";
  results.forEach((value, i) => {
    const name = names[i] as string;
    if (made.has(value) && !renamed.has(value)) renamed.set(value, name);
    else {
      const copy = writer.op("Identity", [value]);
      renamed.set(copy, name);
    }
  });
  writer.rename(renamed);
  writer.prune(names);
}

function writeInputs(
  writer: GraphWriter,
  exporter: Exporter,
  traced: Traced,
  request: Request,
): Draft<OnnxValueInfo>[] {
  return traced.inputs.map((twin, i) => {
    const name = writer.name(request.inputNames[i] as string);
    const cast = request.bytes && twin.a.dtype === "float32";
    if (request.batched[i] && !request.batched.slice(0, i).includes(true)) writer.batchSource = name;
    exporter.bind(twin.a, cast ? writer.op("Cast", [name], { to: elementTypes.float32 }) : name);
    return valueInfo(name, elementTypes[cast ? "uint8" : twin.a.dtype], shapeOf(twin));
  });
}

async function build(target: ExportTarget, request: Request): Promise<Uint8Array> {
  const traced = traceTwice(target, request.specs, request.batched);
  const outputNames = outputNamesOf(traced, request.outputNames);
  const writer = new GraphWriter(request.opset);
  for (const name of outputNames) writer.name(name);
  const exporter = new Exporter(writer, variablePaths(target));
  const input = writeInputs(writer, exporter, traced, request);
  nameResults(writer, exporter.write(traced.results), outputNames);
  const size = writer.initializers.reduce((sum, { values }) => sum + bytesOf(values), 0);
  if (size > LIMIT) {
    throw new DataError({
      op: "exportOnnx",
      summary: "the model is too large for one ONNX file",
      problems: [`its weights have ${count(size)} bytes, at most ${count(LIMIT)} fit`],
      fix: "save the weights with saveSafetensors",
    });
  }
  const initializer: Draft<OnnxTensor>[] = [];
  for (const one of writer.initializers) initializer.push(await tensorProto(one));
  const output = traced.results.map((twin: Twin, i) =>
    valueInfo(outputNames[i] as string, elementTypes[twin.a.dtype], shapeOf(twin)),
  );
  const name = (target instanceof Module ? target.constructor.name : target.name) || "graph";
  const { encode } = await loadCodec();
  return encode({
    irVersion: irVersion(request.opset),
    producerName: "prewitt",
    opsetImport: [{ domain: "", version: BigInt(request.opset) }],
    graph: { name, node: writer.nodes, initializer, input, output },
  });
}

const bytesOf = (values: Initializer["values"]): number =>
  isTensor(values) ? values.size * (values.dtype === "float64" ? 8 : 4) : values.byteLength;

/**
 * A model, or a function of tensors, as the bytes of an ONNX file. A model is exported in evaluation mode; weights are
 * initialisers under their state-dict names, and nodes carry the paths of their modules.
 *
 * @param inputs A shape without the batch, as for `init`, a list of shapes, or example tensors with the batch in axis 0.
 *
 * Throws `ExportError`, naming op, module and line, for what ONNX has no operator for and for what depends on the batch in
 * a way the file cannot say; `OptionError`; `DataError` beyond 2 GiB; and what the model throws for inputs that do not fit.
 *
 * @example
 * const bytes = await exportOnnx(model, [1, 28, 28]);
 * const scores = await exportOnnx((x: Tensor) => softmax(model.forward(x)), [1, 28, 28], { names: { outputs: ["scores"] } });
 */
export async function exportOnnx(
  target: ExportTarget,
  inputs: InputShape | Tensor | readonly Tensor[],
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const site = captureSite(exportOnnx);
  try {
    return await build(target, readRequest(inputs, options));
  } catch (error) {
    throw error instanceof PrewittError ? error.fill({ at: formatSite(site) }) : error;
  }
}

/**
 * Writes what `exportOnnx` gives to `file`, which appears when it is whole; folders on the way are made.
 *
 * @example await saveOnnx("runs/mnist/model.onnx", model, [1, 28, 28]);
 */
export async function saveOnnx(
  file: string,
  target: ExportTarget,
  inputs: InputShape | Tensor | readonly Tensor[],
  options: ExportOnnxOptions = {},
): Promise<void> {
  const site = captureSite(saveOnnx);
  try {
    await replaceFile(file, [await build(target, readRequest(inputs, options))]);
  } catch (error) {
    throw error instanceof PrewittError ? error.fill({ at: formatSite(site) }) : error;
  }
}
