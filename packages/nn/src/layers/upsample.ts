/**
 * Resizing of images as a layer: [N, C, H, W] → [N, C, H', W'], by the nearest cell or bilinear.
 */

import { checkOptions, locate, OptionError, type Tensor } from "@prewitt/core";
import { type Resize2dOptions, resize2d } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { optionText } from "./sizes.ts";

export type UpsampleOptions = Resize2dOptions;

/**
 * The op `resize2d`: to `size`, or by `scale`, which may also be below 1. A number stands for `{ scale }`.
 *
 * @example
 * new Upsample(2)                                        // nearest
 * new Upsample({ scale: 2, mode: "bilinear", alignCorners: true })
 */
export class Upsample extends Module {
  readonly options: UpsampleOptions;

  /** Throws `OptionError` for unknown options, and unless exactly one of `size` and `scale` is given. */
  constructor(options: UpsampleOptions | number) {
    super();
    const read = typeof options === "number" ? { scale: options } : options;
    checkOptions("Upsample", read, ["size", "scale", "mode", "alignCorners"], OTHER_NAMES);
    if ((read?.size === undefined) === (read?.scale === undefined)) {
      throw locate(
        new OptionError({ op: "Upsample", summary: "give either size or scale", fix: "write new Upsample(2)" }),
      );
    }
    this.options = read;
  }

  forward(x: Tensor): Tensor {
    return resize2d(x, this.options);
  }

  override describe(): string {
    return Object.entries(this.options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${optionText(value)}`)
      .join(", ");
  }
}
