/**
 * `fit`: the training loop. It is what one writes by hand with `compile`, `grad` and an optimiser, and nothing more;
 * write it by hand where it does not fit.
 */

import { checkOptions, compile, grad, locate, OptionError, type Tensor } from "@prewitt/core";
import { RunningMean } from "../metrics/running.ts";
import type { Layer } from "../module/module.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../schedules/schedules.ts";
import {
  type Batches,
  type Criterion,
  type EvaluateOptions,
  type Evaluation,
  emptyData,
  evaluator,
  withMode,
} from "./evaluate.ts";

export interface StepEvent {
  /** From 0. */
  readonly epoch: number;
  /** From 0, over all epochs. */
  readonly step: number;
  readonly loss: number;
  /** Samples of the batch. */
  readonly samples: number;
}

export interface EpochResult {
  /** From 0. */
  readonly epoch: number;
  /** Mean over the samples of the epoch, each with the weights of its step. */
  readonly loss: number;
  readonly samples: number;
  /** Of the validation data after the epoch. */
  readonly validation?: Evaluation | undefined;
}

export interface FitOptions extends Pick<EvaluateOptions, "prepare" | "metrics"> {
  /** Batches of `{ image, label }`, iterated once an epoch. */
  readonly data: Batches;
  /** For example `crossEntropy`. */
  readonly loss: Criterion;
  readonly optimizer: Optimizer;
  /** Default 1. */
  readonly epochs?: number | undefined;
  /** Learning rate of each step; without it the optimiser's own. */
  readonly schedule?: Schedule | undefined;
  /** Evaluated after each epoch, with the loss and `metrics`. */
  readonly validation?: Batches | undefined;
  /** Called after each step; `false` ends the training. */
  readonly onStep?: ((event: StepEvent) => unknown) | undefined;
  /** Called after each epoch; `false` ends the training. */
  readonly onEpoch?: ((result: EpochResult) => unknown) | undefined;
}

export interface History {
  /** The loss of each step. */
  readonly losses: readonly number[];
  readonly epochs: readonly EpochResult[];
}

const KNOWN = [
  "data",
  "loss",
  "optimizer",
  "epochs",
  "schedule",
  "validation",
  "metrics",
  "prepare",
  "onStep",
  "onEpoch",
];

/**
 * Trains `model`, which must be initialised, in training mode; the modes are given back afterwards.
 *
 * Throws `OptionError` for unknown options, `DataError` for an epoch without a batch, and `NonFiniteError` when the loss is
 * NaN or infinite: the variables are then as before that step.
 *
 * @example
 * const history = await fit(model, {
 *   data: loader(train, { batch: 64, shuffle: true }),
 *   loss: crossEntropy,
 *   optimizer: new Adam(model.parameters(), { learningRate: 1e-3 }),
 *   epochs: 2,
 * });
 */
export async function fit(model: Layer, options: FitOptions): Promise<History> {
  checkOptions("fit", options, KNOWN);
  const { epochs = 1, validation, loss, metrics, prepare } = options;
  if (!Number.isSafeInteger(epochs) || epochs < 1) {
    throw locate(
      new OptionError({
        op: "fit",
        summary: `epochs must be a positive integer, got ${epochs}`,
        fix: "write epochs: 1",
      }),
    );
  }
  const step = trainingStep(model, options);
  const validate = validation && evaluator(model, { loss, metrics, prepare });
  const history = { losses: [] as number[], epochs: [] as EpochResult[] };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { mean, stopped } = await withMode(model, true, () => runEpoch(step, options, epoch, history.losses));
    const result = {
      epoch,
      loss: mean.value,
      samples: mean.count,
      ...(validate && { validation: await validate(validation) }),
    };
    history.epochs.push(result);
    if ((await options.onEpoch?.(result)) === false || stopped) break;
  }
  return history;
}

function trainingStep(model: Layer, { loss, optimizer, prepare = (image) => image }: FitOptions) {
  return compile((image: Tensor, label: Tensor): Tensor => {
    const value = loss(model.forward(prepare(image)), label);
    optimizer.step(grad(value, model.parameters()));
    return value;
  });
}

async function runEpoch(
  step: (image: Tensor, label: Tensor) => Tensor,
  { data, schedule, optimizer, onStep }: FitOptions,
  epoch: number,
  losses: number[],
): Promise<{ mean: RunningMean; stopped: boolean }> {
  const mean = new RunningMean();
  for await (const { image, label } of data) {
    const number = losses.length;
    if (schedule !== undefined) optimizer.learningRate.assign(schedule(number));
    const loss = await step(image, label).item();
    const samples = image.shape[0] as number;
    losses.push(loss);
    mean.add(loss, samples);
    if ((await onStep?.({ epoch, step: number, loss, samples })) === false) return { mean, stopped: true };
  }
  if (mean.count === 0) throw emptyData("fit", epoch);
  return { mean, stopped: false };
}
