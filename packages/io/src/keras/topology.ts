/**
 * The layers of a Keras 2 model, Sequential or functional, as `model.json` lists them: each with its config and the calls
 * it takes part in. F. Chollet et al., keras/engine/functional.py, `get_network_config`.
 */

import { type Fail, shown } from "../files/file-error.ts";

/** The output of one call of a layer. */
export interface CallId {
  readonly layer: string;
  readonly call: number;
}

export interface KerasLayer {
  readonly kind: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The inputs of each call; for an InputLayer one call without inputs. */
  readonly calls: readonly (readonly CallId[])[];
}

export interface Topology {
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly CallId[];
  readonly outputs: readonly CallId[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws, through `fail`, for what is no Keras 2 model. */
export function parseTopology(value: unknown, fail: Fail): Topology {
  const model = isRecord(value) && isRecord(value.model_config) ? value.model_config : value;
  if (!isRecord(model)) return fail("no Keras model", "it has no model_config", "convert a model, not weights alone");
  const { class_name: kind, config } = model;
  if (kind === "Sequential")
    return sequential(Array.isArray(config) ? config : (config as { layers?: unknown })?.layers, fail);
  if ((kind === "Functional" || kind === "Model") && isRecord(config)) return functional(config, fail);
  return fail("no Keras model", `its class is ${shown(kind)}; Sequential, Functional and Model are read`);
}

function layerOf(
  value: unknown,
  fail: Fail,
): { kind: string; name: string; config: Record<string, unknown>; inbound: unknown } {
  const { class_name: kind, config, name, inbound_nodes: inbound } = isRecord(value) ? value : {};
  const named = name ?? (isRecord(config) ? config.name : undefined);
  if (typeof kind !== "string" || typeof named !== "string" || !isRecord(config))
    return fail("the list of layers is damaged", `a layer is ${shown(value)}`);
  return { kind, name: named, config, inbound };
}

function listOf(value: unknown, fail: Fail): unknown[] {
  return Array.isArray(value) ? value : fail("the list of layers is damaged", `it is ${shown(value)}`);
}

function sequential(value: unknown, fail: Fail): Topology {
  const found = listOf(value, fail).map((layer) => layerOf(layer, fail));
  const first = found[0];
  if (first === undefined) return fail("the list of layers is damaged", "it is empty");
  const input = { kind: "InputLayer", name: "input", config: first.config, inbound: undefined };
  const all = first.kind === "InputLayer" ? found : [input, ...found];
  const layers = all.map(({ kind, name, config }, i) => {
    const before = all[i - 1];
    return { kind, name, config, calls: [before === undefined ? [] : [{ layer: before.name, call: 0 }]] };
  });
  const ids = layers.map(({ name }) => ({ layer: name, call: 0 }));
  return checked({ layers, inputs: ids.slice(0, 1), outputs: ids.slice(-1) }, fail);
}

function functional(config: Record<string, unknown>, fail: Fail): Topology {
  const layers = listOf(config.layers, fail).map((value) => {
    const { kind, name, config: options, inbound } = layerOf(value, fail);
    const calls = listOf(inbound ?? [], fail).map((node) => listOf(node, fail).map((id) => callId(id, fail)));
    return { kind, name, config: options, calls: kind === "InputLayer" ? [[]] : calls };
  });
  const ids = (value: unknown): CallId[] => {
    const list = listOf(value, fail);
    return typeof list[0] === "string" ? [callId(list, fail)] : list.map((id) => callId(id, fail));
  };
  return checked({ layers, inputs: ids(config.input_layers), outputs: ids(config.output_layers) }, fail);
}

/** ["layer", call, output, { arguments }?] */
function callId(value: unknown, fail: Fail): CallId {
  const [layer, call, output, extra] = Array.isArray(value) ? value : [];
  if (typeof layer !== "string" || !Number.isSafeInteger(call) || output !== 0)
    return fail("the list of layers is damaged", `a call is named ${shown(value)}`, "write it with Keras 2");
  if (isRecord(extra) && Object.keys(extra).length > 0)
    return fail(`${shown(layer)} is called with arguments`, shown(extra), "only tensors are read");
  return { layer, call: call as number };
}

/** Every call that is read exists. */
function checked(topology: Topology, fail: Fail): Topology {
  const counts = new Map(topology.layers.map(({ name, calls }) => [name, calls.length]));
  if (counts.size !== topology.layers.length) fail("the list of layers is damaged", "a name comes twice");
  const read = [...topology.inputs, ...topology.outputs, ...topology.layers.flatMap(({ calls }) => calls.flat())];
  const absent = read.find(({ layer, call }) => !(call >= 0 && call < (counts.get(layer) ?? 0)));
  if (absent !== undefined)
    fail("the list of layers is damaged", `there is no call ${absent.call} of ${shown(absent.layer)}`);
  if (topology.outputs.length === 0) fail("the list of layers is damaged", "the model has no output");
  return topology;
}
