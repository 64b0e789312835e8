/**
 * Padding of images as layers: [N, C, H, W] → [N, C, H', W']. The op `pad2d` says what lies outside in each mode.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type Pad2dOptions, type PaddingOption, pad2d } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { optionText } from "./sizes.ts";

export type PadWidths = Exclude<PaddingOption, string>;

/**
 * Cells around each image: a number, `[vertical, horizontal]` or `[[top, bottom], [left, right]]`.
 *
 * @example new Pad2d(1, { mode: "reflect" })
 */
export class Pad2d extends Module {
  readonly padding: PadWidths;
  readonly options: Pad2dOptions;

  /** Throws `OptionError` for unknown options. */
  constructor(padding: PadWidths, options: Pad2dOptions = {}) {
    super();
    checkOptions("Pad2d", options, ["mode", "value"], OTHER_NAMES);
    this.padding = padding;
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return pad2d(x, this.padding, this.options);
  }

  override describe(): string {
    const { mode, value } = this.options;
    const parts = [optionText(this.padding)];
    if (mode !== undefined) parts.push(mode);
    if (value !== undefined) parts.push(`value ${value}`);
    return parts.join(", ");
  }
}

/**
 * Zeros around each image.
 *
 * @example new ZeroPad2d([[0, 1], [0, 1]]) // a row at the bottom and a column at the right
 */
export class ZeroPad2d extends Module {
  readonly padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    this.padding = padding;
  }

  forward(x: Tensor): Tensor {
    return pad2d(x, this.padding);
  }

  override describe(): string {
    return optionText(this.padding);
  }
}
