/**
 * Activations as layers, for `Sequential`. Each is the op of the same name, which documents value and gradient.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import {
  type AxisOptions,
  type EluOptions,
  elu,
  type GeluOptions,
  gelu,
  type LeakyReluOptions,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  selu,
  silu,
  softmax,
  softplus,
  softsign,
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

/** x · tanh(log(1 + eˣ)) */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** x where x > 0, `alpha` · (eˣ − 1) elsewhere; alpha is 1 by default. */
export class ELU extends Module {
  readonly options: EluOptions;

  constructor(options: EluOptions = {}) {
    super();
    checkOptions("ELU", options, ["alpha"]);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return elu(x, this.options);
  }

  override describe(): string {
    const { alpha } = this.options;
    return typeof alpha === "number" ? `alpha ${alpha}` : "";
  }
}

/** ELU with the scales that keep mean 0 and variance 1. */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x / (1 + |x|) */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** log(1 / (1 + e⁻ˣ)) */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** Logarithm of softmax along `axis`, the last by default. */
export class LogSoftmax extends Module {
  readonly options: AxisOptions;

  constructor(options: AxisOptions = {}) {
    super();
    checkOptions("LogSoftmax", options, ["axis"], OTHER_NAMES);
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.options);
  }

  override describe(): string {
    return this.options.axis === undefined ? "" : `axis ${this.options.axis}`;
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
