/**
 * The weights manifest of TensorFlow.js: groups of weights, each laid one after the other over its shards.
 *
 * [{ "paths": ["group1-shard1of2.bin", …], "weights": [{ "name", "shape", "dtype", "quantization"? }, …] }, …]
 * tensorflow/tfjs, tfjs-core/src/io/types.ts, `WeightsManifestConfig`.
 */

import { sizeOf } from "@prewitt/core";
import { elementSize, type FileElement } from "../files/elements.ts";
import { type Fail, shown } from "../files/file-error.ts";

/** What the bytes of a quantised weight stand for: value · scale + min. */
export interface Quantization {
  readonly scale: number;
  readonly min: number;
}

export interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** What the weight is. */
  readonly dtype: "float32" | "int32" | "bool" | "uint8";
  /** What the bytes are. */
  readonly stored: FileElement;
  readonly quantization: Quantization | undefined;
  /** Offsets in the bytes of its group. */
  readonly begin: number;
  readonly end: number;
}

export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly ManifestWeight[];
  readonly bytes: number;
}

const RANK_LIMIT = 64;
const known = ["float32", "int32", "bool", "uint8"] as const;
const quantized = ["float16", "uint8", "uint16"] as const;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** Throws, through `fail`, for everything that is not as the format says. */
export function parseManifest(value: unknown, fail: Fail): WeightGroup[] {
  if (!Array.isArray(value)) return fail("the weights manifest is damaged", `it is ${shown(value)}, not a list`);
  const names = new Set<string>();
  return value.map((group: unknown, g) => {
    const { paths, weights } = isRecord(group) ? group : {};
    if (!Array.isArray(paths) || !paths.every((p) => typeof p === "string") || !Array.isArray(weights))
      return fail("the weights manifest is damaged", `group ${g} has no lists of paths and weights`);
    for (const path of paths) checkPath(path, fail);
    let at = 0;
    const parsed = weights.map((weight: unknown): ManifestWeight => {
      const read = parseWeight(weight, at, fail);
      if (names.has(read.name)) fail("the weights manifest is damaged", `${shown(read.name)} comes twice`);
      names.add(read.name);
      at = read.end;
      return read;
    });
    return { paths: paths as string[], weights: parsed, bytes: at };
  });
}

/** Shards lie in the folder of the manifest or below it. */
function checkPath(path: string, fail: Fail): void {
  const parts = path.split("/");
  const inside = !parts.some((part) => part === "" || part === "." || part === "..") && !/[\\:\0]/.test(path);
  if (!inside)
    fail(`the shard ${shown(path)} is refused`, "shards must lie in the folder of the manifest", "move it there");
}

function parseWeight(value: unknown, begin: number, fail: Fail): ManifestWeight {
  const { name, shape, dtype, quantization } = isRecord(value) ? value : {};
  if (typeof name !== "string") return fail("the weights manifest is damaged", `a weight has the name ${shown(name)}`);
  if (!Array.isArray(shape) || shape.length > RANK_LIMIT || !shape.every(isCount))
    return fail("the weights manifest is damaged", `${shown(name)} has the shape ${shown(shape)}`);
  const found = known.find((d) => d === dtype);
  if (found === undefined)
    return fail(`${shown(name)} has element type ${shown(dtype)}`, `${known.join(", ")} are read`, "convert it");
  const { stored, quantization: rule } = storedAs(name, found, quantization, fail);
  const size = sizeOf(shape) * elementSize(stored);
  if (!Number.isSafeInteger(begin + size))
    return fail("the weights manifest is damaged", `${shown(name)} would have ${size} bytes`);
  return { name, shape, dtype: found, stored, quantization: rule, begin, end: begin + size };
}

function storedAs(
  name: string,
  dtype: ManifestWeight["dtype"],
  value: unknown,
  fail: Fail,
): { readonly stored: FileElement; readonly quantization: Quantization | undefined } {
  if (value === undefined || value === null) return { stored: dtype, quantization: undefined };
  const { dtype: code, scale, min } = isRecord(value) ? value : {};
  const stored = quantized.find((d) => d === code);
  const floats = dtype === "float32" || (dtype === "int32" && stored !== "float16");
  if (stored === undefined || !floats)
    return fail(
      `${shown(name)} is ${dtype} quantised as ${shown(code)}`,
      `float32 as ${quantized.join(", ")} and int32 as uint8, uint16 are read`,
    );
  if (stored === "float16") return { stored, quantization: undefined };
  if (!Number.isFinite(scale) || !Number.isFinite(min))
    return fail("the weights manifest is damaged", `${shown(name)} has scale ${shown(scale)} and min ${shown(min)}`);
  return { stored, quantization: { scale: scale as number, min: min as number } };
}
