/**
 * @prewitt/nn: modules, layers, initialisers, optimisers, schedules, metrics, summaries and the training loop.
 */

/** The functions that layers stand on, for packages that know this one alone. */
export * as functional from "@prewitt/ops";
export { type Captured, capture } from "./explain/capture.ts";
export { type GradCamOptions, gradCam } from "./explain/grad-cam.ts";
export { type MaximizeOptions, maximizeActivation } from "./explain/maximize-activation.ts";
export { type OcclusionOptions, occlusion } from "./explain/occlusion.ts";
export {
  type IntegratedGradientsOptions,
  integratedGradients,
  type SmoothGradOptions,
  saliency,
  smoothGrad,
} from "./explain/saliency.ts";
export { classScore, type Score, type Target } from "./explain/score.ts";
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
export { type FoldedBatchNorm, foldBatchNorm } from "./inference/fold-batch-norm.ts";
export type { Draw } from "./initializers/draw.ts";
export type { Initializer } from "./initializers/initializers.ts";
export * as initializers from "./initializers/initializers.ts";
export * from "./layers/activations.ts";
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d } from "./layers/adaptive-pooling.ts";
export type { BatchNormLayerOptions } from "./layers/batch-norm.ts";
export { BatchNorm1d, type BatchNorm1dOptions } from "./layers/batch-norm1d.ts";
export { BatchNorm2d, type BatchNorm2dOptions } from "./layers/batch-norm2d.ts";
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from "./layers/conv-transpose2d.ts";
export { Conv1d, type Conv1dLayerOptions } from "./layers/conv1d.ts";
export { Conv2d, type Conv2dLayerOptions, type PaddingMode } from "./layers/conv2d.ts";
export {
  Dropout,
  Dropout2d,
  type DropoutLayerOptions,
  StochasticDepth,
  type StochasticDepthLayerOptions,
} from "./layers/dropout.ts";
export { Flatten, Identity } from "./layers/flatten.ts";
export {
  GroupNorm,
  type GroupNormLayerOptions,
  InstanceNorm2d,
  type InstanceNorm2dOptions,
} from "./layers/group-norm.ts";
export { Lambda } from "./layers/lambda.ts";
export { LayerNorm, type LayerNormLayerOptions } from "./layers/layer-norm.ts";
export { Linear, type LinearOptions } from "./layers/linear.ts";
export { LocalResponseNorm } from "./layers/local-response-norm.ts";
export { Pad2d, type PadWidths, ZeroPad2d } from "./layers/padding.ts";
export * from "./layers/piecewise-activations.ts";
export { PixelShuffle, PixelUnshuffle } from "./layers/pixel-shuffle.ts";
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from "./layers/pooling.ts";
export { PReLU, type PReLUOptions } from "./layers/prelu.ts";
export { RandomModule } from "./layers/random-module.ts";
export { SeparableConv2d, type SeparableConv2dOptions } from "./layers/separable-conv2d.ts";
export { Sequential, type Stage } from "./layers/sequential.ts";
export { SqueezeExcitation, type SqueezeExcitationOptions } from "./layers/squeeze-excitation.ts";
export { Upsample, type UpsampleOptions } from "./layers/upsample.ts";
export { accuracy, accuracyOf, topKAccuracy } from "./metrics/accuracy.ts";
export {
  averagePrecision,
  BinaryScores,
  type PrecisionRecallCurve,
  type RocCurve,
  rocAuc,
} from "./metrics/binary-scores.ts";
export {
  type ClassMetric,
  ConfusionMatrix,
  type ConfusionMatrixOptions,
  confusionMatrix,
} from "./metrics/confusion-matrix.ts";
export {
  type DetectionErrors,
  type DetectionErrorsOptions,
  type DetectionVerdict,
  detectionErrors,
} from "./metrics/detection-errors.ts";
export { type ImageQualityOptions, psnr, type SsimOptions, ssim } from "./metrics/image-quality.ts";
export {
  type AreaOptions,
  type DetectionResult,
  type ImageDetections,
  type ImageObjects,
  MeanAveragePrecision,
  type MeanAveragePrecisionOptions,
  type PrecisionRecallOptions,
} from "./metrics/mean-average-precision.ts";
export { RunningMean } from "./metrics/running.ts";
export { Buffer, type BufferOptions } from "./module/buffer.ts";
export { type InitOptions, type InputShape, init } from "./module/init.ts";
export * from "./module/module.ts";
export type { Plain, State, Stateful } from "./module/stateful.ts";
export { GradientAccumulator } from "./optimizers/accumulate.ts";
export { Adam, type AdamOptions, AdamW } from "./optimizers/adam.ts";
export { type ClippedGradients, clipByGlobalNorm, clipByValue, globalNorm } from "./optimizers/clip.ts";
export { Ema, type EmaOptions } from "./optimizers/ema.ts";
export type { GroupPattern } from "./optimizers/groups.ts";
export type { HyperRange, HyperValue } from "./optimizers/hyper-parameters.ts";
export {
  Optimizer,
  type OptimizerSettings,
  type ParameterGradients,
  type ParameterGroup,
  type ParameterRecord,
} from "./optimizers/optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./optimizers/rmsprop.ts";
export { SGD, type SGDOptions } from "./optimizers/sgd.ts";
export * from "./schedules/decay.ts";
export { type OneCycleOptions, oneCycleSchedule } from "./schedules/one-cycle.ts";
export { type PlateauSchedule, type PlateauScheduleOptions, plateauSchedule } from "./schedules/plateau.ts";
export {
  type CosineScheduleOptions,
  constantSchedule,
  cosineSchedule,
  type Schedule,
  type StepScheduleOptions,
  stepSchedule,
  type WarmupOptions,
  warmup,
} from "./schedules/schedules.ts";
export { type SchedulePart, sequence } from "./schedules/sequence.ts";
export type { ReceptiveField } from "./summary/receptive-field.ts";
export { type Summary, type SummaryOptions, type SummaryRow, summary } from "./summary/summary.ts";
