/**
 * Batch normalisation, with PyTorch's semantics (S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015).
 *
 * In training mode x [N, C, …] is normalised by the mean and the biased variance of the batch, per channel, and the
 * running statistics move towards mean and unbiased variance:
 *
 *     running ← (1 − momentum) · running + momentum · batch
 *
 * In evaluation mode the running statistics normalise. weight and bias are [C], like the buffers running_mean and
 * running_var; num_batches_tracked is an int32 scalar.
 */

import {
  checkOptions,
  isFloat,
  locate,
  moments,
  OptionError,
  ones,
  type Tensor,
  type TensorSpec,
  tensor,
  type Variable,
  zeros,
} from "@prewitt/core";
import { batchNorm, batchNormInference } from "@prewitt/ops";
import { ones as onesInitializer, zeros as zerosInitializer } from "../initializers/initializers.ts";
import { Buffer } from "../module/buffer.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandSize, inputSize } from "./sizes.ts";

export interface BatchNormLayerOptions {
  /** Channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Added to the variance under the root. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Weight of the newest batch in the running statistics; `null` keeps the plain average of all batches. Default 0.1. */
  readonly momentum?: number | null | undefined;
  /** Whether a learned scale and shift follow. Default true. */
  readonly affine?: boolean | undefined;
  /** Without running statistics, batch statistics normalise in evaluation mode too. Default true. */
  readonly trackRunningStats?: boolean | undefined;
}

const KNOWN = ["in", "eps", "momentum", "affine", "trackRunningStats"] as const;

/** What inputs a layer takes. */
interface Inputs {
  readonly axes: readonly string[];
  readonly ranks: readonly number[];
  readonly rankFix: string;
}

/** What the layers of batch normalisation share; the subclass says which inputs it takes. */
export abstract class BatchNorm extends Module {
  weight: Variable | undefined;
  bias: Variable | undefined;
  runningMean: Buffer | undefined;
  runningVar: Buffer | undefined;
  numBatchesTracked: Buffer | undefined;
  readonly options: BatchNormLayerOptions;
  readonly #op: string;
  readonly #inputs: Inputs;

  protected constructor(op: string, inputs: Inputs, options: BatchNormLayerOptions) {
    super();
    this.#op = op;
    this.#inputs = inputs;
    checkOptions(op, options, KNOWN, OTHER_NAMES);
    if (options.in !== undefined) demandSize(op, "in", options.in, "in: 32, or leave it out");
    const { momentum = 0.1, eps = 1e-5 } = options;
    const problems = [
      ...(momentum === null || (momentum >= 0 && momentum <= 1) ? [] : [`momentum is ${momentum}, outside 0 … 1`]),
      ...(eps > 0 && Number.isFinite(eps) ? [] : [`eps is ${eps}, not a positive number`]),
    ];
    if (problems.length > 0) {
      throw locate(
        new OptionError({
          op,
          summary: "an option is out of range",
          problems,
          fix: "write momentum: 0.1 and eps: 1e-5",
        }),
      );
    }
    this.options = options;
  }

  #channels(given: number | undefined, inputs: readonly TensorSpec[] | undefined, built = false): number {
    const request = {
      op: this.#op,
      what: "channels",
      given,
      option: "in",
      built,
      axis: 1,
      ...this.#inputs,
    };
    return inputSize(request, inputs);
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { affine = true, trackRunningStats = true } = this.options;
    const channels = this.#channels(this.options.in, inputs);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    if (affine) {
      this.weight = this.parameter("weight", [channels], onesInitializer(), dtype);
      this.bias = this.parameter("bias", [channels], zerosInitializer(), dtype);
    }
    if (!trackRunningStats) return;
    this.runningMean = new Buffer(zeros([channels], { dtype }), { key: "running_mean" });
    this.runningVar = new Buffer(ones([channels], { dtype }), { key: "running_var" });
    this.numBatchesTracked = new Buffer(tensor(0, { dtype: "int32" }), { key: "num_batches_tracked" });
  }

  forward(x: Tensor): Tensor {
    const { eps } = this.options;
    const affine = { weight: this.weight?.read(), bias: this.bias?.read(), eps };
    const { runningMean, runningVar } = this;
    const given = this.weight?.shape[0] ?? runningMean?.shape[0];
    if (given !== undefined) this.#channels(given, [x], true);
    if (this.training || runningMean === undefined || runningVar === undefined) {
      const { y } = batchNorm(x, affine);
      if (this.training) this.#track(x);
      return y;
    }
    return batchNormInference(x, { mean: runningMean.read(), variance: runningVar.read(), ...affine });
  }

  /** Moves the running statistics. They carry no gradient. */
  #track(x: Tensor): void {
    const { runningMean, runningVar, numBatchesTracked } = this;
    if (runningMean === undefined || runningVar === undefined || numBatchesTracked === undefined) return;
    const { momentum = 0.1 } = this.options;
    const channels = x.shape[1] as number;
    const count = x.size / channels;
    const tracked = numBatchesTracked.read().add(1);
    numBatchesTracked.assign(tracked);
    const { mean, variance } = moments(x, {
      axis: x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
      keepDims: true,
    });
    const unbiased = variance
      .stopGradient()
      .reshape([channels])
      .mul(count / (count - 1));
    const { dtype } = runningMean;
    const factor = momentum === null ? tracked.cast(isFloat(dtype) ? dtype : "float32").reciprocal() : momentum;
    const moved = (running: Tensor, batch: Tensor): Tensor => running.add(batch.sub(running).mul(factor));
    runningMean.assign(moved(runningMean.read(), mean.stopGradient().reshape([channels])));
    runningVar.assign(moved(runningVar.read(), unbiased));
  }

  override describe(): string {
    const { eps, momentum, affine, trackRunningStats } = this.options;
    const channels = this.weight?.shape[0] ?? this.runningMean?.shape[0] ?? this.options.in ?? "?";
    const parts = [`${channels}`];
    if (eps !== undefined) parts.push(`eps ${eps}`);
    if (momentum !== undefined) parts.push(`momentum ${momentum}`);
    if (affine === false) parts.push("not affine");
    if (trackRunningStats === false) parts.push("no running statistics");
    return parts.join(", ");
  }
}
