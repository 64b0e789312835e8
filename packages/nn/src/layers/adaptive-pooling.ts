/**
 * Pooling to a size that is given, whatever the image's: [N, C, H, W] → [N, C, ...size], with PyTorch's windows.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type AdaptivePoolOptions, type AdaptiveSize, adaptiveAvgPool2d, adaptiveMaxPool2d } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { optionText } from "./sizes.ts";

function readSize(op: string, options: AdaptivePoolOptions | AdaptiveSize): AdaptiveSize {
  if (typeof options === "number" || Array.isArray(options)) return options as AdaptiveSize;
  checkOptions(op, options as AdaptivePoolOptions, ["size"], OTHER_NAMES);
  return (options as AdaptivePoolOptions).size;
}

/**
 * Mean of each window of a grid of `size`.
 *
 * @example new AdaptiveAvgPool2d(7) // [N, 512, 10, 13] → [N, 512, 7, 7]
 */
export class AdaptiveAvgPool2d extends Module {
  readonly size: AdaptiveSize;

  /** A size stands for `{ size }`; `null` in a pair keeps an extent. Throws `OptionError` for unknown options. */
  constructor(options: AdaptivePoolOptions | AdaptiveSize) {
    super();
    this.size = readSize("AdaptiveAvgPool2d", options);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, { size: this.size });
  }

  override describe(): string {
    return optionText(this.size);
  }
}

/**
 * Maximum of each window of a grid of `size`.
 *
 * @example new AdaptiveMaxPool2d([1, null]) // [N, 64, 10, 13] → [N, 64, 1, 13]
 */
export class AdaptiveMaxPool2d extends Module {
  readonly size: AdaptiveSize;

  /** A size stands for `{ size }`; `null` in a pair keeps an extent. Throws `OptionError` for unknown options. */
  constructor(options: AdaptivePoolOptions | AdaptiveSize) {
    super();
    this.size = readSize("AdaptiveMaxPool2d", options);
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, { size: this.size });
  }

  override describe(): string {
    return optionText(this.size);
  }
}
