/** Local response normalisation as a layer: AlexNet's and the first GoogLeNet's. */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type LocalResponseNormOptions, localResponseNorm } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";
import { demandSize } from "./sizes.ts";

/**
 * Divides each element by a power of the energy of `size` neighbouring channels.
 *
 * @example new LocalResponseNorm({ size: 5, k: 2 })
 */
export class LocalResponseNorm extends Module {
  readonly options: LocalResponseNormOptions;

  /** Throws `OptionError` for unknown options and a size that is none. */
  constructor(options: LocalResponseNormOptions) {
    super();
    checkOptions("LocalResponseNorm", options, ["size", "alpha", "beta", "k"], OTHER_NAMES);
    demandSize("LocalResponseNorm", "size", options?.size, "new LocalResponseNorm({ size: 5 })");
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.options);
  }

  override describe(): string {
    return Object.entries(this.options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  }
}
