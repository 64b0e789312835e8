/**
 * Batch-norm folding for inference. In evaluation mode a batch norm behind a convolution is a scale and a shift for each
 * channel, which the convolution's own weight and bias can hold:
 *
 *   γ (w ∗ x + b − μ) / √(σ² + ε) + β  =  (s w) ∗ x + (b − μ) s + β,   s = γ / √(σ² + ε)
 *
 * Which norms stand behind which layers is found from one symbolic run of the model, not from its text: the norm must
 * take a layer's output as it is, nothing else may, and both must run once.
 */

import {
  captureSite,
  collect,
  formatSite,
  isTensor,
  locate,
  PrewittError,
  StateError,
  session,
  settle,
  type Tensor,
  TraceError,
  Variable,
} from "@prewitt/core";
import { BatchNorm } from "../layers/batch-norm.ts";
import { ConvTranspose2d } from "../layers/conv-transpose2d.ts";
import { Conv1d } from "../layers/conv1d.ts";
import { Conv2d } from "../layers/conv2d.ts";
import { Identity } from "../layers/flatten.ts";
import { Linear } from "../layers/linear.ts";
import { observed } from "../module/call.ts";
import { type InputShape, readInputShape, runOnShapes } from "../module/init.ts";
import type { AnyModule } from "../module/module.ts";
import { nameModules, prepared } from "../module/prepare.ts";
import { isModule, moduleState } from "../module/state.ts";

type Foldable = Conv1d | Conv2d | ConvTranspose2d | Linear;

/** A batch norm, and the layer whose weight and bias take it in. */
export interface FoldedBatchNorm {
  /** Path of the layer. */
  readonly layer: string;
  /** Path of the batch norm, which is now an `Identity`. */
  readonly norm: string;
}

interface Pair {
  readonly layer: Foldable;
  readonly norm: BatchNorm;
}

interface Call {
  readonly module: AnyModule;
  readonly input: unknown;
  readonly output: unknown;
}

function isFoldable(module: AnyModule): module is Foldable {
  if (module instanceof ConvTranspose2d) return (module.options.groups ?? 1) === 1;
  return module instanceof Conv1d || module instanceof Conv2d || module instanceof Linear;
}

/** Calls of all layers, and how often each tensor is read outside of the module that wrote it. */
function watch(model: AnyModule, inputShape: InputShape): { calls: Call[]; readers: Map<Tensor, Set<string>> } {
  const { modules } = prepared(model);
  const calls: Call[] = [];
  const leave = (module: AnyModule, inputs: readonly unknown[], output: unknown): void => {
    calls.push({ module, input: inputs[0], output });
  };
  // The run is on symbols: it leaves no values and assigns nothing. Weights carry the dtype.
  const dtype = modules.flatMap(({ module }) => (isFoldable(module) ? [module.weight.dtype] : []))[0] ?? "float32";
  const specs = readInputShape("foldBatchNorm", inputShape).map((shape) => ({ shape: [2, ...shape], dtype }));
  const result = observed(
    modules.map((m) => m.module),
    { leave },
    () => runOnShapes(model, specs),
  );
  const readers = new Map<Tensor, Set<string>>();
  const read = (t: Tensor, by: string): void => void readers.set(t, (readers.get(t) ?? new Set()).add(by));
  const outputs = tensorsIn(result);
  for (const t of outputs) read(t, "the result");
  for (const node of collect(outputs).nodes) for (const t of node.inputs) read(t, node.scope ?? "");
  return { calls, readers };
}

function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

function findPairs(model: AnyModule, inputShape: InputShape): Pair[] {
  const { calls, readers } = watch(model, inputShape);
  const times = new Map<AnyModule, number>();
  for (const { module } of calls) times.set(module, (times.get(module) ?? 0) + 1);
  const writers = new Map(calls.flatMap((c) => (isFoldable(c.module) ? [[c.output, c.module] as const] : [])));
  return calls.flatMap(({ module: norm, input }) => {
    if (!(norm instanceof BatchNorm) || norm.runningMean === undefined) return [];
    const layer = writers.get(input);
    if (layer === undefined || times.get(layer) !== 1 || times.get(norm) !== 1) return [];
    const by = [...(readers.get(input as Tensor) ?? [])];
    return by.every((scope) => scope === norm.path) ? [{ layer, norm }] : [];
  });
}

/** Which axis of the weight counts the outputs. */
function outputAxis(layer: Foldable): number {
  return layer instanceof ConvTranspose2d ? 1 : 0;
}

function fold({ layer, norm }: Pair): void {
  const { weight, bias } = layer;
  const { dtype } = weight;
  const wide = (v: Variable | undefined, absent: number): Tensor | number => v?.read().cast("float64") ?? absent;
  const variance = (norm.runningVar as Variable).read().cast("float64");
  const scale = variance
    .add(norm.options.eps ?? 1e-5)
    .sqrt()
    .reciprocal()
    .mul(wide(norm.weight, 1));
  const along = weight.shape.map((_, axis) => (axis === outputAxis(layer) ? (scale.shape[0] as number) : 1));
  const mean = (norm.runningMean as Variable).read().cast("float64");
  const shift = mean.neg().add(wide(bias, 0)).mul(scale).add(wide(norm.bias, 0)).cast(dtype);
  weight.assign(weight.read().cast("float64").mul(scale.reshape(along)).cast(dtype));
  if (bias !== undefined) bias.assign(shift);
  else layer.bias = new Variable(shift);
  settle(weight, ...(bias === undefined ? [] : [bias]));
}

/** Puts `replacement` wherever a field, an array or a plain object of the model holds `module`. */
function replace(model: AnyModule, module: AnyModule, replacement: AnyModule): void {
  const seen = new Set<object>();
  const visit = (holder: object): void => {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const [key, value] of Object.entries(holder)) {
      if (value === module) (holder as Record<string, unknown>)[key] = replacement;
      else if (typeof value !== "object" || value === null) continue;
      else if (isModule(value) || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
        visit(value);
    }
  };
  visit(model);
}

/**
 * Folds every batch norm that directly follows a convolution or dense layer into that layer, in place, and puts an
 * `Identity` where it was: the model computes the same to rounding, in evaluation mode, with fewer steps. `inputShape` is that of
 * `init`. Layers without a bias get one. Norms that keep no running statistics, that follow something else, and that share
 * their input stay.
 *
 * The folded model is for inference: fold a copy, or load the state dict again, to go on training.
 * Throws `StateError` for a model in training mode, `TraceError` inside `compile`.
 *
 * @example
 * const fast = init(resnet18(), [3, 224, 224]).eval();
 * fast.loadStateDict(trained.stateDict());
 * foldBatchNorm(fast, [3, 224, 224]); // [{ layer: "conv1", norm: "bn1" }, …]
 */
export function foldBatchNorm(model: AnyModule, inputShape: InputShape): FoldedBatchNorm[] {
  const site = captureSite(foldBatchNorm);
  if (session.trace !== undefined) {
    throw locate(
      new TraceError({
        op: "foldBatchNorm",
        summary: "a model cannot be changed inside compile",
        fix: "fold it before",
      }),
    );
  }
  const training = prepared(model).modules.filter(({ module }) => module[moduleState].training);
  if (training.length > 0) {
    throw locate(
      new StateError({
        op: "foldBatchNorm",
        summary: "the model is in training mode, in which batch norms use the statistics of each batch",
        fix: "call model.eval() first",
      }),
    );
  }
  try {
    return findPairs(model, inputShape).map((pair) => {
      const folded = { layer: pair.layer.path ?? "", norm: pair.norm.path ?? "" };
      fold(pair);
      replace(model, pair.norm as AnyModule, new Identity().eval() as AnyModule);
      nameModules(model);
      return folded;
    });
  } catch (error) {
    if (error instanceof PrewittError) throw error.fill({ at: formatSite(site) });
    throw error;
  }
}
