/**
 * Group normalisation of [N, C, …]: the channels of each sample in groups, each over its channels and space, weight and
 * bias [C] (Y. Wu, K. He, "Group normalization", ECCV 2018); and instance normalisation, a group a channel (D. Ulyanov,
 * A. Vedaldi, V. Lempitsky, "Instance normalization", 2016).
 */

import { checkOptions, locate, OptionError, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { groupNorm } from "@prewitt/ops";
import { ones, zeros } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandEps } from "./norm-options.ts";
import { demandSize, inputSize } from "./sizes.ts";

export interface GroupNormLayerOptions {
  /** Number of groups; divides the channels. */
  readonly groups: number;
  /** Channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Added to the variance under the root. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Whether a learned scale and shift for each channel follow. Default true. */
  readonly affine?: boolean | undefined;
}

/**
 * Normalises each sample over groups of channels.
 *
 * @example new GroupNorm({ groups: 8 })
 */
export class GroupNorm extends Module {
  weight: Variable | undefined;
  bias: Variable | undefined;
  readonly options: GroupNormLayerOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: GroupNormLayerOptions) {
    super();
    checkOptions("GroupNorm", options, ["groups", "in", "eps", "affine"], { ...OTHER_NAMES, num_groups: "groups" });
    const groups = demandSize("GroupNorm", "groups", options?.groups, "new GroupNorm({ groups: 8 })");
    if (options.in !== undefined) demandSize("GroupNorm", "in", options.in, "in: 32, or leave it out");
    demandEps("GroupNorm", options.eps);
    if (options.in !== undefined && options.in % groups !== 0) {
      throw locate(
        new OptionError({
          op: "GroupNorm",
          summary: "groups must divide the channels",
          problems: [`in = ${options.in} is no multiple of groups = ${groups}`],
          fix: "write groups: 1",
        }),
      );
    }
    this.options = options;
  }

  #channels(given: number | undefined, inputs: readonly TensorSpec[] | undefined, built = false): number {
    const request = {
      op: "GroupNorm",
      what: "channels",
      given,
      option: "in",
      built,
      axes: ["N", "C", "H", "W"],
      axis: 1,
      ranks: [2, 3, 4],
      rankFix: "give it [N, C], [N, C, L] or [N, C, H, W]",
    };
    return inputSize(request, inputs);
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    if (this.options.affine === false) return;
    const channels = this.#channels(this.options.in, inputs);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    this.weight = this.parameter("weight", [channels], ones(), dtype);
    this.bias = this.parameter("bias", [channels], zeros(), dtype);
  }

  forward(x: Tensor): Tensor {
    const { groups, eps } = this.options;
    const given = this.weight?.shape[0] ?? this.options.in;
    if (given !== undefined) this.#channels(given, [x], this.weight !== undefined);
    return groupNorm(x, { groups, eps, weight: this.weight?.read(), bias: this.bias?.read() });
  }

  override describe(): string {
    const { groups, eps, affine } = this.options;
    const parts = [`${groups} groups of ${this.weight?.shape[0] ?? this.options.in ?? "?"}`];
    if (eps !== undefined) parts.push(`eps ${eps}`);
    if (affine === false) parts.push("not affine");
    return parts.join(", ");
  }
}

export interface InstanceNorm2dOptions {
  /** Channels; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Added to the variance under the root. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Whether a learned scale and shift for each channel follow. Default false, as in PyTorch. */
  readonly affine?: boolean | undefined;
}

/**
 * Normalises each channel of each image [N, C, H, W] by itself, in training and evaluation alike; it keeps no running
 * statistics.
 *
 * @example new InstanceNorm2d({ affine: true })
 */
export class InstanceNorm2d extends Module {
  weight: Variable | undefined;
  bias: Variable | undefined;
  readonly options: InstanceNorm2dOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: InstanceNorm2dOptions = {}) {
    super();
    checkOptions("InstanceNorm2d", options, ["in", "eps", "affine"], OTHER_NAMES);
    if (options.in !== undefined) demandSize("InstanceNorm2d", "in", options.in, "in: 32, or leave it out");
    demandEps("InstanceNorm2d", options.eps);
    this.options = options;
  }

  #channels(given: number | undefined, inputs: readonly TensorSpec[] | undefined, built = false): number {
    const request = {
      op: "InstanceNorm2d",
      what: "channels",
      given,
      option: "in",
      built,
      axes: ["N", "C", "H", "W"],
      axis: 1,
      rankFix: "images are [N, C, H, W]: place it before Flatten",
    };
    return inputSize(request, inputs);
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    if (this.options.affine !== true) return;
    const channels = this.#channels(this.options.in, inputs);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    this.weight = this.parameter("weight", [channels], ones(), dtype);
    this.bias = this.parameter("bias", [channels], zeros(), dtype);
  }

  forward(x: Tensor): Tensor {
    const built = this.weight !== undefined;
    const groups = this.#channels(this.weight?.shape[0] ?? this.options.in, [x], built);
    return groupNorm(x, { groups, eps: this.options.eps, weight: this.weight?.read(), bias: this.bias?.read() });
  }

  override describe(): string {
    const { eps, affine } = this.options;
    const channels = this.weight?.shape[0] ?? this.options.in;
    const parts = channels === undefined ? [] : [`${channels}`];
    if (eps !== undefined) parts.push(`eps ${eps}`);
    if (affine === true) parts.push("affine");
    return parts.join(", ");
  }
}
