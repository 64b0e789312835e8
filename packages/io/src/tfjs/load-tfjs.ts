/**
 * Weights in the format of TensorFlow.js: a `model.json`, or a weights manifest alone, with its shards in the same folder.
 */

import { realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { constantNode, type Tensor, type TypedArray } from "@prewitt/core";
import { readJson, withFile } from "../files/byte-source.ts";
import { decodeElements } from "../files/elements.ts";
import { atCall, count, type Fail, failFor, shown } from "../files/file-error.ts";
import { type ManifestWeight, parseManifest, type WeightGroup } from "./manifest.ts";

/** Longest model.json or manifest that is read. */
const JSON_LIMIT = 100_000_000;

export interface TfjsModel {
  /** Weights by the names of the file, in TensorFlow's orders of axes. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** What `model.json` says of the layers; `undefined` for a manifest alone. */
  readonly topology: unknown;
  /** The file that was read. */
  readonly file: string;
}

/** Reads `model.json` or a manifest; without following imports. */
export async function readTfjs(path: string): Promise<TfjsModel> {
  const file = await fileOf(path);
  const fail = failFor("tfjs", file);
  const json = await readJson("tfjs", file, JSON_LIMIT);
  const record = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const manifest = Array.isArray(json) ? json : record.weightsManifest;
  if (manifest === undefined)
    fail("no TensorFlow.js model", "it has no weightsManifest", "name a model.json or a weights manifest");
  const groups = parseManifest(manifest, fail);
  // Nothing is allocated before all sizes are known to agree.
  const shards = await Promise.all(groups.map((group) => shardsOf(group, dirname(file), fail)));
  const weights: [string, Tensor][] = [];
  for (const [g, group] of groups.entries()) {
    const bytes = await bytesOf(shards[g] as string[], group.bytes);
    for (const weight of group.weights) weights.push([weight.name, tensorOf(bytes, weight, fail)]);
  }
  return { weights: Object.fromEntries(weights), topology: record.modelTopology, file };
}

async function fileOf(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true ? join(path, "model.json") : path;
}

/** The files of a group, which together must be as long as its weights, and lie in `folder`. */
async function shardsOf(group: WeightGroup, folder: string, fail: Fail): Promise<string[]> {
  const home = await realpath(folder);
  let size = 0;
  const files: string[] = [];
  for (const path of group.paths) {
    const file = await realpath(join(folder, path)).catch((cause: Error) =>
      fail(`the shard ${shown(path)} cannot be read`, cause.message, "put it beside the manifest"),
    );
    if (!file.startsWith(home + sep))
      fail(`the shard ${shown(path)} is refused`, "it is a link that leads out of the folder", "copy it there");
    const status = await stat(file);
    if (!status.isFile()) fail(`the shard ${shown(path)} is refused`, "it is no ordinary file", "copy it there");
    size += status.size;
    files.push(file);
  }
  if (size !== group.bytes)
    fail(
      size < group.bytes ? "the shards are cut off" : "the shards are longer than the manifest says",
      `${group.paths.slice(0, 5).map(shown).join(", ")}: ${count(size)} bytes, the weights need ${count(group.bytes)}`,
    );
  return files;
}

async function bytesOf(shards: readonly string[], size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const shard of shards) {
    const part = await withFile("tfjs", shard, (source) => source.read(0, source.size));
    bytes.set(part.subarray(0, size - at), at);
    at += part.length;
  }
  return bytes;
}

function tensorOf(bytes: Uint8Array, weight: ManifestWeight, fail: Fail): Tensor {
  const { name, shape, dtype, stored, quantization, begin, end } = weight;
  try {
    const data = decodeElements(bytes.subarray(begin, end), stored);
    return constantNode(quantization === undefined ? data : dequantized(data, weight), shape, dtype);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(`${shown(name)} cannot be read`, error.message);
  }
}

/** value · scale + min, rounded where the weight is an integer: tfjs-core/src/io/io_utils.ts, `decodeWeights`. */
function dequantized(data: TypedArray, { dtype, quantization }: ManifestWeight): TypedArray {
  const { scale, min } = quantization as { scale: number; min: number };
  if (dtype === "int32") return Int32Array.from(data, (v) => Math.round(v * scale + min));
  return Float32Array.from(data, (v) => v * scale + min);
}

/**
 * The weights of a TensorFlow.js model by name, from a folder with a `model.json`, from that file, or from a weights
 * manifest. float16 and the quantised uint8 and uint16 become float32. Kernels keep TensorFlow's order of axes: bring them
 * in PyTorch's with `adaptStateDict`, or let `loadKeras` do it.
 *
 * Throws `DataError` for a file or shard that is missing, damaged, of another length or outside the folder.
 *
 * @example
 * const weights = adaptStateDict(await loadTfjs("models/face/weights_manifest.json"), [
 *   { from: /^(.*)\/filters$/, to: "$1.weight", axes: "HWIO->OIHW" },
 *   { from: /^(.*)\/bias$/, to: "$1.bias" },
 * ]);
 */
export function loadTfjs(path: string): Promise<Readonly<Record<string, Tensor>>> {
  return atCall(loadTfjs, async () => (await readTfjs(path)).weights);
}
