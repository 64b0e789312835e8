/**
 * `cache`: keeps what a slow part of a notebook gave, so that running it again from the top is cheap.
 *
 * An entry belongs to a key, the values it depends on, and the text of the function: when any of them changes, the function
 * runs again. Values are kept in V8's structured clone format, tensors as their numbers.
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { type DType, isTensor, OptionError, type Shape, type Tensor, type TypedArray, tensor } from "@prewitt/core";
import { log } from "../live-line.ts";
import { checkName } from "./run.ts";

const FOLDER = join("runs", ".cache");

/**
 * The value of `fn`, from the cache when it was computed before with the same `deps` and the same text of `fn`. What `fn`
 * closes over is not seen: put it into `deps`. Values may be tensors, typed arrays, plain data, Maps and Sets, nested.
 *
 * Throws `OptionError` for a key that is no file name, and for values that cannot be kept, such as functions; the error of
 * `fn` otherwise.
 *
 * @example const features = await cache("features", { seed: 1, layers: 3 }, () => extract(model, data));
 */
export async function cache<T>(key: string, deps: unknown, fn: () => T | Promise<T>): Promise<T> {
  checkName("cache", key);
  const hash = createHash("sha256")
    .update(encode("cache", key, await pack(deps)))
    .update(fn.toString())
    .digest("hex")
    .slice(0, 16);
  const prefix = `${key.replaceAll("/", "+")}.`;
  const file = join(FOLDER, `${prefix}${hash}.bin`);
  const kept = read(file);
  if (kept !== undefined) {
    log(`${key}: from the cache (${file})`);
    return unpack(kept.value) as T;
  }
  const value = await fn();
  const bytes = encode("cache", key, { value: await pack(value) });
  mkdirSync(FOLDER, { recursive: true });
  for (const old of readdirSync(FOLDER)) if (old.startsWith(prefix)) rmSync(join(FOLDER, old), { force: true });
  const fresh = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(fresh, bytes);
  renameSync(fresh, file);
  return value;
}

function encode(op: string, key: string, value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (cause) {
    throw new OptionError({
      op,
      summary: `"${key}" gave or depends on something that cannot be kept`,
      problems: [(cause as Error).message],
      fix: "keep tensors, typed arrays and plain data; a model by its stateDict()",
      cause,
    });
  }
}

/** The entry; `undefined` when there is none or it is damaged, which costs a computation and nothing else. */
function read(file: string): { readonly value: unknown } | undefined {
  try {
    return deserialize(readFileSync(file)) as { readonly value: unknown };
  } catch {
    return undefined;
  }
}

interface PackedTensor {
  readonly $tensor: { readonly data: TypedArray; readonly shape: Shape; readonly dtype: DType };
}

/** Tensors as their numbers; arrays and plain objects are walked, the rest is V8's. */
async function pack(value: unknown): Promise<unknown> {
  if (isTensor(value)) {
    return {
      $tensor: { data: await value.data(), shape: [...value.shape], dtype: value.dtype },
    } satisfies PackedTensor;
  }
  if (Array.isArray(value)) return Promise.all(value.map(pack));
  if (!isPlain(value)) return value;
  const entries = await Promise.all(Object.entries(value).map(async ([name, v]) => [name, await pack(v)] as const));
  return Object.fromEntries(entries);
}

function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (!isPlain(value)) return value;
  const packed = (value as Partial<PackedTensor>).$tensor;
  if (packed !== undefined) return tensor(packed.data, { shape: packed.shape, dtype: packed.dtype }) satisfies Tensor;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, unpack(v)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
