/**
 * Activations of straight (and one of parabolic) pieces as layers. Each is the op of the same name, which documents value
 * and gradient at its kinks.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { type HardTanhOptions, hardSigmoid, hardSwish, hardTanh, relu6 } from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";

/** min(max(x, 0), 6) */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** min(max(x + 3, 0), 6) / 6 */
export class HardSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}

/** x · min(max(x + 3, 0), 6) / 6 */
export class HardSwish extends Module {
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

/** min(max(x, `min`), `max`); −1 and 1 by default. */
export class HardTanh extends Module {
  readonly options: HardTanhOptions;

  constructor(options: HardTanhOptions = {}) {
    super();
    checkOptions("HardTanh", options, ["min", "max"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return hardTanh(x, this.options);
  }

  override describe(): string {
    const { min = -1, max = 1 } = this.options;
    return `${min} … ${max}`;
  }
}
