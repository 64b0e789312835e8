/** Pixel shuffle as layers: between channels and pixels. */

import type { Tensor } from "@prewitt/core";
import { pixelShuffle, pixelUnshuffle } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { demandSize } from "./sizes.ts";

/**
 * [N, C · r², H, W] → [N, C, H · r, W · r].
 *
 * @example new Sequential(new Conv2d({ out: 3 * 2 ** 2, kernel: 3, padding: 1 }), new PixelShuffle(2))
 */
export class PixelShuffle extends Module {
  readonly factor: number;

  /** Throws `OptionError` unless the factor is a positive integer. */
  constructor(factor: number) {
    super();
    this.factor = demandSize("PixelShuffle", "factor", factor, "new PixelShuffle(2)");
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }

  override describe(): string {
    return `${this.factor}`;
  }
}

/** [N, C, H · r, W · r] → [N, C · r², H, W]. */
export class PixelUnshuffle extends Module {
  readonly factor: number;

  /** Throws `OptionError` unless the factor is a positive integer. */
  constructor(factor: number) {
    super();
    this.factor = demandSize("PixelUnshuffle", "factor", factor, "new PixelUnshuffle(2)");
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }

  override describe(): string {
    return `${this.factor}`;
  }
}
