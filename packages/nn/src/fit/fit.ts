/**
 * `fit`: the training loop. It is what one writes by hand with `compile`, `grad` and an optimiser, and nothing more;
 * write it by hand where it does not fit.
 */

import { checkOptions, compile, grad, locate, OptionError, type Tensor } from "@prewitt/core";
import type { Layer } from "../module/module.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../schedules/schedules.ts";
import { type Batches, type Criterion, type EvaluateOptions, emptyData, evaluator, withMode } from "./evaluate.ts";
import { type History, historyOf } from "./history.ts";
import { checkParts, type EpochResult, type FitCheckpoint, isStateful, TrainingState } from "./training-state.ts";

export type { History } from "./history.ts";
export type { EpochResult, FitCheckpoint } from "./training-state.ts";

export interface StepEvent {
  /** From 0. */
  readonly epoch: number;
  /** From 0, over all epochs. */
  readonly step: number;
  readonly loss: number;
  /** Samples of the batch. */
  readonly samples: number;
}

export interface FitOptions extends Pick<EvaluateOptions, "prepare" | "metrics"> {
  /** Batches of `{ image, label }`, iterated once an epoch. */
  readonly data: Batches;
  /** For example `crossEntropy`. */
  readonly loss: Criterion;
  readonly optimizer: Optimizer;
  /** Default 1. */
  readonly epochs?: number | undefined;
  /** Learning rate of each step; without it the optimiser's own, which must not be a schedule itself. */
  readonly schedule?: Schedule | undefined;
  /** Evaluated after each epoch, with the loss and `metrics`. */
  readonly validation?: Batches | undefined;
  /** Called after each step; `false` ends the training. */
  readonly onStep?: ((event: StepEvent) => unknown) | undefined;
  /** Called after each epoch; `false` ends the training. */
  readonly onEpoch?: ((result: EpochResult) => unknown) | undefined;
  /**
   * Goes on where a checkpoint was saved, and saves after each epoch and when `onStep` ends the training: the losses are
   * those of a run that was never interrupted.
   */
  readonly checkpoint?: FitCheckpoint | undefined;
  /** Steps after which `checkpoint` is saved within an epoch; without it only after epochs. */
  readonly checkpointEvery?: number | undefined;
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
  "checkpoint",
  "checkpointEvery",
];

/**
 * Trains `model`, which must be initialised, in training mode; the modes are given back afterwards.
 *
 * Throws `OptionError` for unknown options and for a schedule beside one of the optimiser's own, `DataError` for an epoch without a batch, and `NonFiniteError` when the loss is
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
  const { epochs = 1, validation, loss, metrics, prepare, checkpoint, checkpointEvery } = options;
  demandCount("epochs", epochs);
  if (checkpointEvery !== undefined) demandCount("checkpointEvery", checkpointEvery);
  demandOneSchedule(options);
  const state = new TrainingState();
  if (checkpoint !== undefined) {
    checkParts(checkpoint, { model, optimizer: options.optimizer, data: options.data });
    await checkpoint.resume({ fit: state });
  }
  const step = trainingStep(model, options);
  const validate = validation && evaluator(model, { loss, metrics, prepare });
  for (let epoch = state.epochs.length; epoch < epochs; epoch++) {
    const stopped = await withMode(model, true, () => runEpoch(step, options, state));
    if (stopped) await checkpoint?.save({ epoch, step: state.losses.length }, { fit: state });
    const result = {
      epoch,
      loss: state.mean.value,
      samples: state.mean.count,
      ...(validate && { validation: await validate(validation) }),
    };
    state.endEpoch(result);
    const ended = (await options.onEpoch?.(result)) === false;
    if (stopped) break;
    await checkpoint?.save({ ...result, epoch: epoch + 1, step: state.losses.length }, { fit: state });
    if (ended) break;
  }
  return historyOf(state.losses, state.epochs);
}

function demandCount(name: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw locate(
    new OptionError({
      op: "fit",
      summary: `${name} must be a positive integer, got ${value}`,
      fix: `write ${name}: ${name === "epochs" ? 1 : 500}`,
    }),
  );
}

/** The optimiser's own schedule writes the learning rate last: another one would be without effect. */
function demandOneSchedule({ schedule, optimizer }: FitOptions): void {
  if (schedule === undefined || !optimizer.scheduled.includes("learningRate")) return;
  throw locate(
    new OptionError({
      op: "fit",
      summary: "the learning rate has two schedules: fit's option and the optimiser's learningRate",
      fix: "leave schedule out, or give the optimiser a number: { learningRate: 0.001 }",
    }),
  );
}

function trainingStep(model: Layer, { loss, optimizer, prepare = (image) => image }: FitOptions) {
  return compile((image: Tensor, label: Tensor): Tensor => {
    const value = loss(model.forward(prepare(image)), label);
    optimizer.step(grad(value, model.parameters()));
    return value;
  });
}

/** The rest of an epoch; whether `onStep` ended the training. */
async function runEpoch(
  step: (image: Tensor, label: Tensor) => Tensor,
  { data, schedule, optimizer, onStep, checkpoint, checkpointEvery = Number.POSITIVE_INFINITY }: FitOptions,
  state: TrainingState,
): Promise<boolean> {
  const epoch = state.epochs.length;
  // Data without a position of its own is iterated from its beginning.
  let skip = isStateful(data) ? 0 : state.batches;
  for await (const { image, label } of data) {
    if (skip > 0) {
      skip--;
      continue;
    }
    const number = state.losses.length;
    if (schedule !== undefined) optimizer.learningRate.assign(schedule(number));
    const loss = await step(image, label).item();
    const samples = image.shape[0] as number;
    state.losses.push(loss);
    state.mean.add(loss, samples);
    state.batches++;
    if ((await onStep?.({ epoch, step: number, loss, samples })) === false) return true;
    if ((number + 1) % checkpointEvery === 0) await checkpoint?.save({ epoch, step: number + 1 }, { fit: state });
  }
  if (state.mean.count === 0) throw emptyData("fit", epoch);
  return false;
}
