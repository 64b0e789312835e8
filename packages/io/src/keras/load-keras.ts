/**
 * `loadKeras`: a Keras model in the layers format of TensorFlow.js as a module, with its weights.
 */

import type { Tensor } from "@prewitt/core";
import { type Layer, Module } from "@prewitt/nn";
import { atCall, type Fail, failFor, shown } from "../files/file-error.ts";
import { rearrange } from "../state-dict/rearrange.ts";
import { readTfjs } from "../tfjs/load-tfjs.ts";
import { type BuiltLayer, layerKinds } from "./layers.ts";
import { LayerOptions } from "./options.ts";
import { type CallId, type KerasLayer, parseTopology, type Topology } from "./topology.ts";

/** Tensors by call. */
type Values = Map<string, Tensor>;

const keyOf = ({ layer, call }: CallId): string => `${call}:${layer}`;

/** The calls of a model in an order in which every input comes before it is read. */
function ordered(topology: Topology, fail: Fail): CallId[] {
  const byName = new Map(topology.layers.map((layer) => [layer.name, layer]));
  const state = new Map<string, "open" | "done">();
  const order: CallId[] = [];
  const stack = [...topology.outputs].reverse();
  while (stack.length > 0) {
    const id = stack[stack.length - 1] as CallId;
    const key = keyOf(id);
    const inputs = byName.get(id.layer)?.calls[id.call] ?? [];
    const missing = inputs.filter((input) => state.get(keyOf(input)) !== "done");
    if (missing.length === 0) {
      stack.pop();
      if (state.get(key) !== "done") order.push(id);
      state.set(key, "done");
    } else {
      const circular = missing.find((input) => state.get(keyOf(input)) === "open" && state.get(key) === "open");
      if (circular !== undefined) fail("the list of layers is damaged", `${shown(circular.layer)} depends on itself`);
      state.set(key, "open");
      stack.push(...missing);
    }
  }
  return order;
}

/** A Keras model: images [N, C, H, W] in and out, one input and one output. */
export class KerasModel extends Module {
  /** The layers with parameters or a state, by Keras' names. */
  readonly layers: Readonly<Record<string, Layer>>;
  readonly #run: (x: Tensor) => Tensor;

  constructor(layers: Readonly<Record<string, Layer>>, run: (x: Tensor) => Tensor) {
    super();
    this.layers = layers;
    this.#run = run;
  }

  forward(x: Tensor): Tensor {
    return this.#run(x);
  }
}

/** The weight of a layer: `layer/weight`, below whatever scopes the converter kept. */
function weightOf(weights: Readonly<Record<string, Tensor>>, layer: string, name: string): Tensor | undefined {
  const full = `${layer}/${name}`;
  if (Object.hasOwn(weights, full)) return weights[full];
  const key = Object.keys(weights).find((other) => other.endsWith(`/${full}`));
  return key === undefined ? undefined : weights[key];
}

/** Dimensions of the weights that builders read. */
const ranks: Readonly<Record<string, number>> = { kernel: 4, depthwise_kernel: 4, gamma: 1 };

function build(layer: KerasLayer, weights: Readonly<Record<string, Tensor>>, fail: Fail): BuiltLayer {
  const make = layerKinds.get(layer.kind) as NonNullable<ReturnType<typeof layerKinds.get>>;
  const options = new LayerOptions(layer.kind, layer.name, layer.config, fail);
  return make(options, (name) => {
    const found = weightOf(weights, layer.name, name);
    if (found === undefined)
      return fail(`${shown(layer.name)} has no ${name}`, "the weights manifest does not list it");
    const rank = layer.kind === "Dense" ? 2 : (ranks[name] ?? 1);
    if (found.shape.length !== rank)
      return fail(`the ${name} of ${shown(layer.name)} is damaged`, `its shape is ${shown(found.shape)}`);
    return found;
  });
}

/** Names every kind that there is no layer for. */
function refuseUnknown(layers: readonly KerasLayer[], fail: Fail): void {
  const unknown = layers.filter(({ kind }) => !layerKinds.has(kind));
  if (unknown.length === 0) return;
  const kinds = new Map<string, string[]>();
  for (const { kind, name } of unknown) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  const problems = [...kinds]
    .slice(0, 20)
    .map(([kind, names]) => `${shown(kind)}: ${names.slice(0, 5).map(shown).join(", ")}`);
  fail(
    "the model has layers that are not supported",
    [...problems, `supported: ${[...layerKinds.keys()].join(", ")}`],
    "write the model as an nn.Module and load its weights with loadTfjs and adaptStateDict",
  );
}

function assemble(topology: Topology, weights: Readonly<Record<string, Tensor>>, fail: Fail): KerasModel {
  refuseUnknown(topology.layers, fail);
  if (topology.inputs.length !== 1 || topology.outputs.length !== 1)
    fail(
      "the model is not supported",
      `it has ${topology.inputs.length} inputs and ${topology.outputs.length} outputs`,
    );
  const order = ordered(topology, fail);
  const byName = new Map(topology.layers.map((layer) => [layer.name, layer]));
  const used = new Set(order.map(({ layer }) => layer));
  const built = new Map(
    topology.layers.filter(({ name }) => used.has(name)).map((layer) => [layer.name, build(layer, weights, fail)]),
  );
  const [input, output] = [topology.inputs[0] as CallId, topology.outputs[0] as CallId];
  const stray = order.find((id) => byName.get(id.layer)?.kind === "InputLayer" && keyOf(id) !== keyOf(input));
  if (stray !== undefined) fail("the list of layers is damaged", `${shown(stray.layer)} is no input of the model`);
  const run = (x: Tensor): Tensor => {
    const values: Values = new Map([[keyOf(input), x]]);
    for (const id of order) {
      const { module, join } = built.get(id.layer) as BuiltLayer;
      const inputs = (byName.get(id.layer)?.calls[id.call] ?? []).map((from) => values.get(keyOf(from)) as Tensor);
      if (keyOf(id) === keyOf(input)) continue;
      values.set(keyOf(id), join === undefined ? (module as Layer).forward(inputs[0] as Tensor) : join(inputs));
    }
    return values.get(keyOf(output)) as Tensor;
  };
  const modules = [...built].flatMap(([name, { module }]) =>
    module === undefined || name === input.layer ? [] : [[name, module]],
  );
  const model = new KerasModel(Object.fromEntries(modules), run);
  load(model, built, weights, fail);
  return model;
}

/** Gives every layer its weights, each of which must be there and fit. */
function load(
  model: KerasModel,
  built: ReadonlyMap<string, BuiltLayer>,
  weights: Readonly<Record<string, Tensor>>,
  fail: Fail,
): void {
  const dict: Record<string, Tensor> = {};
  for (const [name, { weights: rules = [] }] of built) {
    for (const { from, to, axes } of rules) {
      const found = weightOf(weights, name, from);
      if (found === undefined) fail(`${shown(name)} has no ${from}`, "the weights manifest does not list it");
      else dict[`layers.${name}.${to}`] = axes === undefined ? found : rearrange(found, axes);
    }
  }
  // Batch norm counts the batches that it has seen, which Keras does not.
  const current = model.stateDict();
  for (const [key, value] of Object.entries(current)) {
    if (key.endsWith(".num_batches_tracked")) dict[key] ??= value;
  }
  model.loadStateDict(dict);
  model.eval();
}

/**
 * A Keras model, Sequential or functional, from the folder of a TensorFlow.js layers model (or its `model.json`), in
 * evaluation mode and with its weights. It takes and gives images [N, C, H, W]; layers keep their names, so that
 * `model.layers.NAME` and state-dict keys `layers.NAME.weight` find them (`layers.NAME.0.weight` where an activation that is
 * not linear belongs to the layer).
 *
 * Kinds: Conv2D, DepthwiseConv2D, Dense, BatchNormalization, Activation, ReLU, LeakyReLU, Softmax, Dropout, UpSampling2D,
 * MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, Flatten, Add, Multiply, Concatenate.
 *
 * Throws `DataError` for files that are missing or damaged, and for layers and options that are not supported, with their
 * names; `StateError` for weights that do not fit.
 *
 * @example
 * const model = await loadKeras("node_modules/@upscalerjs/default-model/models");
 * const twice = model.forward(image.cast("float32"));
 */
export function loadKeras(path: string): Promise<KerasModel> {
  return atCall(loadKeras, async () => {
    const { weights, topology, file } = await readTfjs(path);
    const fail: Fail = failFor("keras", file);
    return assemble(parseTopology(topology, fail), weights, fail);
  });
}
