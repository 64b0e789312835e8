/** Joins axes between convolutions and dense layers, and the layer that does nothing. */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type FlattenOptions, flatten } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";

/**
 * Joins all axes behind the batch, or `start` … `end`, in row-major order.
 *
 * @example new Flatten() // [N, 64, 7, 7] → [N, 3136]
 */
export class Flatten extends Module {
  readonly options: FlattenOptions;

  constructor(options: FlattenOptions = {}) {
    super();
    checkOptions("Flatten", options, ["start", "end"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.options);
  }
}

/** Hands its input on: a place for a layer that may be swapped in. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
