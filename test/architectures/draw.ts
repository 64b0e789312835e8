// Weights and images from a counter, as `test/goldens/architectures/draw.py` documents and draws them, bit for bit; and
// the values that PyTorch and torchvision compute from them.

import { readFileSync } from "node:fs";
import * as models from "@prewitt/models";
import { wasmExecutor } from "@prewitt/wasm";
import { nn, type Tensor, tensor, useExecutor, Variable } from "prewitt";
import { afterAll, beforeAll } from "vitest";

type AnyModule = nn.AnyModule;

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A network with its count of parameters and the hash of its names and shapes. */
export interface Golden {
  readonly name: string;
  readonly make: string;
  readonly options: object;
  readonly parameters: number;
  readonly names: number;
}

export interface GoldenNetwork extends Golden {
  readonly input: readonly number[];
  readonly outputs: Readonly<Record<string, GoldenTensor>>;
  /** Mean and root mean square of feature maps. */
  readonly maps?: Readonly<Record<string, readonly [number, number]>>;
}

export interface GoldenDetector {
  readonly options: { readonly classes: number; readonly anchors: readonly (readonly [number, number])[] };
  readonly input: readonly number[];
  readonly parameters: number;
  readonly names: number;
  readonly prediction: GoldenTensor;
  readonly boxes: readonly (readonly number[][])[];
  readonly labels: readonly (readonly number[])[];
  readonly terms: Readonly<Record<"box" | "objectness" | "label", number>>;
}

const file = new URL("../goldens/architectures/architectures.json", import.meta.url);

/** `published`: sizes with 1000 classes. `networks`: with outputs. */
export const goldens: {
  readonly published: readonly Golden[];
  readonly networks: readonly GoldenNetwork[];
  readonly detector: GoldenDetector;
} = JSON.parse(readFileSync(file, "utf8"));

/** 32-bit FNV-1a. */
export function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** One value for each u of the counter, rounded to float32. */
function draw(path: string, shape: readonly number[], value: (u: number) => number): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const seed = fnv1a(path);
  for (let i = 0; i < data.length; i++) {
    let x = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    data[i] = value(((x ^ (x >>> 16)) >>> 0) * 2 ** -32);
  }
  return tensor(data, { shape: [...shape], copy: false });
}

export function drawImage(shape: readonly number[]): Tensor {
  return draw("image", shape, (u) => 2 * u - 1);
}

function drawState(path: string, shape: readonly number[]): Tensor {
  if (path.endsWith("num_batches_tracked")) return tensor(0, { dtype: "int32" });
  if (path.endsWith("running_var")) return draw(path, shape, (u) => 0.5 + u);
  if (path.endsWith("weight") && shape.length === 1) return draw(path, shape, (u) => 0.25 + 0.5 * u);
  if (!path.endsWith("weight")) return draw(path, shape, (u) => (2 * u - 1) * 0.5);
  const bound = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1));
  return draw(path, shape, (u) => (2 * u - 1) * bound);
}

type Make = (options: object) => AnyModule & nn.Layer;

/** The network by the name of its class or function. */
export function makeNetwork({ make, options }: Pick<Golden, "make" | "options">): nn.Layer {
  const found = (models as unknown as Record<string, (new (options: object) => nn.Layer) & Make>)[make];
  if (found === undefined) throw new Error(`@prewitt/models has no ${make}`);
  return /^[A-Z]/.test(make) ? new found(options) : found(options);
}

/** Shapes of everything a state dict would hold, by path. */
export function shapesOf(model: AnyModule): Record<string, readonly number[]> {
  const kept = Object.entries(model.buffers()).filter(([path]) => !path.endsWith("counter"));
  return Object.fromEntries([...model.namedParameters(), ...kept].map(([path, { shape }]) => [path, shape]));
}

/** One number for all names and shapes. */
export function signatureOf(model: AnyModule): number {
  const lines = Object.entries(shapesOf(model)).map(([path, shape]) => `${path}:${shape.join(",")}`);
  return fnv1a(lines.sort((a, b) => (a < b ? -1 : 1)).join("\n"));
}

export function parameterCount(model: AnyModule): number {
  return model.namedParameters().reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Gives every parameter and buffer its drawn values. */
export function fill(model: AnyModule): void {
  model.loadStateDict(
    Object.fromEntries(Object.entries(shapesOf(model)).map(([path, shape]) => [path, drawState(path, shape)])),
  );
}

/**
 * Runs `fn` while initial weights are zeros that nobody draws: drawing takes longer than everything else here, and each
 * test gives its own values afterwards.
 */
export function withoutDrawing<T>(fn: () => T): T {
  const prototype = nn.Module.prototype as unknown as { parameter: unknown };
  const original = prototype.parameter;
  prototype.parameter = (_name: string, shape: readonly number[]) =>
    new Variable(tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape: [...shape], copy: false }));
  try {
    return fn();
  } finally {
    prototype.parameter = original;
  }
}

/** One thread in this file: test files run side by side, and waiting threads would spin on each other's processors. */
export function useOneThread(): void {
  let executor: Disposable | undefined;
  beforeAll(() => {
    executor = useExecutor(wasmExecutor({ threads: 1 }));
  });
  afterAll(() => executor?.[Symbol.dispose]());
}
