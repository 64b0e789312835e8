/**
 * @prewitt/nn: modules, layers, initialisers, optimisers, schedules, metrics, summaries and the training loop.
 */

export {
  type Batch,
  type Batches,
  type Criterion,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluator,
} from "./fit/evaluate.ts";
export { type EpochResult, type FitCheckpoint, type FitOptions, fit, type History, type StepEvent } from "./fit/fit.ts";
export type { Draw } from "./initializers/draw.ts";
export type { Initializer } from "./initializers/initializers.ts";
export * as initializers from "./initializers/initializers.ts";
export * from "./layers/activations.ts";
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d } from "./layers/adaptive-pooling.ts";
export { BatchNorm2d, type BatchNorm2dOptions } from "./layers/batch-norm2d.ts";
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from "./layers/conv-transpose2d.ts";
export { Conv2d, type Conv2dLayerOptions, type PaddingMode } from "./layers/conv2d.ts";
export { Dropout, type DropoutLayerOptions } from "./layers/dropout.ts";
export { Flatten, Identity } from "./layers/flatten.ts";
export { Lambda } from "./layers/lambda.ts";
export { Linear, type LinearOptions } from "./layers/linear.ts";
export { Pad2d, type PadWidths, ZeroPad2d } from "./layers/padding.ts";
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from "./layers/pooling.ts";
export { Sequential, type Stage } from "./layers/sequential.ts";
export { Upsample, type UpsampleOptions } from "./layers/upsample.ts";
export { accuracy, accuracyOf, topKAccuracy } from "./metrics/accuracy.ts";
export { ConfusionMatrix, confusionMatrix } from "./metrics/confusion-matrix.ts";
export { RunningMean } from "./metrics/running.ts";
export { Buffer, type BufferOptions } from "./module/buffer.ts";
export { type InitOptions, type InputShape, init } from "./module/init.ts";
export * from "./module/module.ts";
export type { Plain, State, Stateful } from "./module/stateful.ts";
export { Adam, type AdamOptions, AdamW } from "./optimizers/adam.ts";
export { Optimizer, type ParameterGradients, type ParameterRecord } from "./optimizers/optimizer.ts";
export { SGD, type SGDOptions } from "./optimizers/sgd.ts";
export * from "./schedules/schedules.ts";
export type { ReceptiveField } from "./summary/receptive-field.ts";
export { type Summary, type SummaryOptions, type SummaryRow, summary } from "./summary/summary.ts";
