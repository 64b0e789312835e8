/**
 * `evaluate`: loss and metrics of a model over a data set, in evaluation mode.
 */

import { checkOptions, compile, DataError, locate, type Tensor } from "@prewitt/core";
import { RunningMean } from "../metrics/running.ts";
import type { AnyModule, Layer } from "../module/module.ts";
import { moduleState } from "../module/state.ts";
import { walk } from "../module/walk.ts";

/** What a loader gives: the batch axis of both comes first. */
export interface Batch {
  readonly image: Tensor;
  readonly label: Tensor;
}

/** Batches, iterated anew for each epoch. */
export type Batches<B extends Batch = Batch> = Iterable<B> | AsyncIterable<B>;

/** A scalar from the model's output and the labels: a loss or a metric. */
export type Criterion = (output: Tensor, label: Tensor) => Tensor;

export interface EvaluateOptions {
  /** For example `crossEntropy`. */
  readonly loss?: Criterion | undefined;
  /** Scalars by name, for example `{ accuracy }`; means over all samples are reported. */
  readonly metrics?: Readonly<Record<string, Criterion>> | undefined;
  /** What happens to a batch of images before the model sees it, in the same program: cast, scale, normalise. */
  readonly prepare?: ((image: Tensor) => Tensor) | undefined;
  /** Called with each batch and the model's output, for example to fill a `ConfusionMatrix`. */
  readonly onBatch?: ((output: Tensor, batch: Batch) => void | Promise<void>) | undefined;
}

/** Means over all samples: `loss`, if one was given, the metrics by name, and the number of samples. */
export type Evaluation = Readonly<Record<string, number>> & { readonly samples: number };

/** Runs `fn` with the whole model in one mode, and gives every module its own mode back. */
export async function withMode<T>(model: AnyModule, training: boolean, fn: () => Promise<T>): Promise<T> {
  const states = walk(model).modules.map(({ module }) => module[moduleState]);
  const before = states.map((s) => s.training);
  model.train(training);
  try {
    return await fn();
  } finally {
    states.forEach((s, i) => {
      s.training = before[i] as boolean;
    });
  }
}

/** Throws `DataError`: a data set that gave nothing. */
export function emptyData(op: string, epoch: number): DataError {
  return locate(
    new DataError({
      op,
      summary:
        epoch === 0 ? "the data is empty" : `the data gave no batch in epoch ${epoch + 1}, after ${epoch} that did`,
      fix:
        epoch === 0
          ? "pass at least one batch"
          : "pass something that can be iterated again, such as a loader or an array, not a generator object",
    }),
  );
}

/** An evaluation that is compiled once and may run over data again and again. */
export function evaluator(model: Layer, options: EvaluateOptions = {}): (data: Batches) => Promise<Evaluation> {
  checkOptions("evaluate", options, ["loss", "metrics", "prepare", "onBatch"]);
  const { loss, metrics = {}, prepare = (image) => image, onBatch } = options;
  const criteria = { ...(loss && { loss }), ...metrics };
  const step = compile((image: Tensor, label: Tensor) => {
    const output = model.forward(prepare(image));
    const values = Object.fromEntries(Object.entries(criteria).map(([name, f]) => [name, f(output, label)]));
    return { output, values };
  });
  const run = async (data: Batches): Promise<Evaluation> => {
    const means = new Map(Object.keys(criteria).map((name) => [name, new RunningMean()]));
    let samples = 0;
    for await (const batch of data) {
      const { output, values } = step(batch.image, batch.label);
      const size = batch.image.shape[0] as number;
      for (const [name, value] of Object.entries(values)) means.get(name)?.add(await value.item(), size);
      await onBatch?.(output, batch);
      samples += size;
    }
    if (samples === 0) throw emptyData("evaluate", 0);
    return { ...Object.fromEntries([...means].map(([name, mean]) => [name, mean.value])), samples };
  };
  return (data) => withMode(model, false, () => run(data));
}

/**
 * Loss and metrics over all batches of `data`, each weighted by its size, in evaluation mode; the modes are given back
 * afterwards. Throws `DataError` for data without a batch.
 *
 * @example const { loss, accuracy } = await evaluate(model, loader(test), { loss: crossEntropy, metrics: { accuracy } });
 */
export function evaluate(model: Layer, data: Batches, options: EvaluateOptions = {}): Promise<Evaluation> {
  return evaluator(model, options)(data);
}
