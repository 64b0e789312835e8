/**
 * Pooling of images: [N, C, H, W] → [N, C, H', W'].
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import {
  type AvgPool2dOptions,
  avgPool2d,
  type GlobalAvgPool2dOptions,
  globalAvgPool2d,
  type MaxPool2dOptions,
  maxPool2d,
  type PairOption,
  type PoolOptions,
} from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandPair, optionText, pairText } from "./sizes.ts";

const KNOWN = ["kernel", "stride", "padding", "dilation", "ceilMode"];

/** `2` and `[2, 3]` stand for `{ kernel: 2 }` and `{ kernel: [2, 3] }`. */
function readOptions<O extends PoolOptions>(op: string, given: O | PairOption, known: readonly string[]): O {
  const options =
    typeof given === "number" || Array.isArray(given) ? ({ kernel: given } as unknown as O) : (given as O);
  checkOptions(op, options, known, OTHER_NAMES);
  demandPair(op, "kernel", options?.kernel, `new ${op}(2)`);
  return options;
}

function describePool(op: string, { kernel, ...rest }: PoolOptions): string {
  const others = Object.entries(rest).filter(([, value]) => value !== undefined);
  return [
    `kernel ${pairText(demandPair(op, "kernel", kernel, ""))}`,
    ...others.map(([name, value]) => `${name} ${optionText(value)}`),
  ].join(", ");
}

/**
 * Maximum of each window; windows touch unless `stride` says otherwise.
 *
 * @example new MaxPool2d(2)
 * @example new MaxPool2d({ kernel: 3, stride: 2, padding: 1 })
 */
export class MaxPool2d extends Module {
  readonly options: MaxPool2dOptions;

  /** Throws `OptionError` for unknown options and a kernel that is no size. */
  constructor(options: MaxPool2dOptions | PairOption) {
    super();
    this.options = readOptions("MaxPool2d", options, KNOWN);
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.options);
  }

  override describe(): string {
    return describePool("MaxPool2d", this.options);
  }
}

/**
 * Mean of each window; windows touch unless `stride` says otherwise.
 *
 * @example new AvgPool2d({ kernel: 3, stride: 1, padding: "same", countIncludePad: false })
 */
export class AvgPool2d extends Module {
  readonly options: AvgPool2dOptions;

  /** Throws `OptionError` for unknown options and a kernel that is no size. */
  constructor(options: AvgPool2dOptions | PairOption) {
    super();
    this.options = readOptions("AvgPool2d", options, [...KNOWN, "countIncludePad"]);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }

  override describe(): string {
    return describePool("AvgPool2d", this.options);
  }
}

/**
 * Mean over height and width: [N, C, H, W] → [N, C], or [N, C, 1, 1] with `keepDims`.
 *
 * @example new Sequential(features, new GlobalAvgPool2d(), new Linear({ out: 10 }))
 */
export class GlobalAvgPool2d extends Module {
  readonly options: GlobalAvgPool2dOptions;

  constructor(options: GlobalAvgPool2dOptions = {}) {
    super();
    checkOptions("GlobalAvgPool2d", options, ["keepDims"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return globalAvgPool2d(x, this.options);
  }

  override describe(): string {
    return this.options.keepDims === true ? "keepDims" : "";
  }
}
