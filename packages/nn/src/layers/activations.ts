/**
 * Activations as layers, for `Sequential`. Each is the op of the same name, which documents value and gradient.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import {
  type AxisOptions,
  type GeluOptions,
  gelu,
  type LeakyReluOptions,
  leakyRelu,
  relu,
  silu,
  softmax,
  softplus,
} from "@prewitt/ops";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";

/** max(x, 0) */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** x where x > 0, `negativeSlope` · x elsewhere; 0.01 by default. */
export class LeakyReLU extends Module {
  readonly options: LeakyReluOptions;

  constructor(options: LeakyReluOptions = {}) {
    super();
    checkOptions("LeakyReLU", options, ["negativeSlope"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }

  override describe(): string {
    const { negativeSlope } = this.options;
    return typeof negativeSlope === "number" ? `negativeSlope ${negativeSlope}` : "";
  }
}

/** 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** log(1 + eˣ) */
export class Softplus extends Module {
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

/** x · Φ(x), exact by default; `approximate: "tanh"` for the approximation. */
export class GELU extends Module {
  readonly options: GeluOptions;

  constructor(options: GeluOptions = {}) {
    super();
    checkOptions("GELU", options, ["approximate"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }

  override describe(): string {
    return this.options.approximate === "tanh" ? "approximate tanh" : "";
  }
}

/** x · sigmoid(x), also called swish. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * Softmax along `axis`, the last by default. The losses take logits, so a classifier that is trained ends without it.
 *
 * @example new Softmax({ axis: 1 })
 */
export class Softmax extends Module {
  readonly options: AxisOptions;

  constructor(options: AxisOptions = {}) {
    super();
    checkOptions("Softmax", options, ["axis"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this.options);
  }

  override describe(): string {
    return this.options.axis === undefined ? "" : `axis ${this.options.axis}`;
  }
}
