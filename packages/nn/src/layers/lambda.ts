/** A plain function as a layer, so that it has a path like any other. */

import type { Tensor } from "@prewitt/core";
import { Module } from "../module/module.ts";
import { moduleState } from "../module/state.ts";

/**
 * A function of one tensor as a layer without parameters. `Sequential` makes one of every function it is given.
 *
 * @example new Lambda((x) => x.mul(2))
 */
export class Lambda extends Module {
  readonly #fn: (x: Tensor) => Tensor;

  constructor(fn: (x: Tensor) => Tensor) {
    super();
    this.#fn = fn;
    this[moduleState].label = fn.name === "" ? "function" : fn.name;
  }

  /** The function. */
  get fn(): (x: Tensor) => Tensor {
    return this.#fn;
  }

  forward(x: Tensor): Tensor {
    return this.#fn(x);
  }
}
