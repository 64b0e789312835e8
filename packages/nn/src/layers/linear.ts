/**
 * Dense layer: [N, in] → [N, out], y = x Wᵀ + b with weight [out, in] and bias [out].
 */

import { checkOptions, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { type Initializer, kaimingUniform } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { biasInitializer } from "./conv-options.ts";
import { demandSize, inputSize } from "./sizes.ts";

export interface LinearOptions {
  /** Output features. */
  readonly out: number;
  /** Input features; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean | undefined;
  /** Default: Kaiming uniform with negative slope √5, as in PyTorch: ±1/√in. */
  readonly weightInitializer?: Initializer | undefined;
  /** Default: uniform in ±1/√in. */
  readonly biasInitializer?: Initializer | undefined;
}

const KNOWN = ["out", "in", "bias", "weightInitializer", "biasInitializer"] as const;
const EXAMPLE = "new Linear({ out: 10 })";

/**
 * A dense layer over the last axis of [N, in] or [N, L, in].
 *
 * @example new Linear({ out: 10 })
 */
export class Linear extends Module {
  weight!: Variable;
  bias: Variable | undefined;
  readonly options: LinearOptions;

  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: LinearOptions) {
    super();
    checkOptions("Linear", options, KNOWN, OTHER_NAMES);
    demandSize("Linear", "out", options?.out, EXAMPLE);
    if (options.in !== undefined) demandSize("Linear", "in", options.in, "in: 784, or leave it out");
    this.options = options;
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { options } = this;
    const features = this.#features(options.in, inputs);
    const dtype = inputs?.[0]?.dtype ?? "float32";
    const weightInitializer = options.weightInitializer ?? kaimingUniform({ negativeSlope: Math.sqrt(5) });
    this.weight = this.parameter("weight", [options.out, features], weightInitializer, dtype);
    if (options.bias === false) return;
    const bound = 1 / Math.sqrt(features);
    this.bias = this.parameter("bias", [options.out], options.biasInitializer ?? biasInitializer(bound), dtype);
  }

  #features(given: number | undefined, inputs: readonly TensorSpec[] | undefined, built = false): number {
    const request = {
      op: "Linear",
      what: "features",
      given,
      option: "in",
      built,
      axes: ["N", "in"],
      axis: -1,
      ranks: [2, 3],
      rankFix: "put new Flatten() before it, or use a 1×1 Conv2d on images",
    };
    return inputSize(request, inputs);
  }

  forward(x: Tensor): Tensor {
    this.#features(this.weight.shape[1], [x], true);
    const rows = x.rank === 2 ? x : x.reshape([-1, x.shape.at(-1) as number]);
    let y = rows.matmul(this.weight.read().transpose());
    if (this.bias !== undefined) y = y.add(this.bias.read().reshape([1, this.options.out]));
    return x.rank === 2 ? y : y.reshape([...x.shape.slice(0, -1), this.options.out]);
  }

  override describe(): string {
    const features = this.weight?.shape[1] ?? this.options.in ?? "?";
    return `${features} → ${this.options.out}${this.options.bias === false ? ", no bias" : ""}`;
  }
}
