/**
 * Dropout of elements, of channels, and of a residual branch as layers. They act in training mode and hand their input
 * on in evaluation mode. Each draws from a stream of its own.
 */

import { checkOptions, locate, OptionError, type Tensor } from "@prewitt/core";
import { channelDropout, dropout, stochasticDepth } from "@prewitt/ops";
import { OTHER_NAMES } from "../names.ts";
import { demandRate, RandomModule } from "./random-module.ts";

export interface DropoutLayerOptions {
  /** Probability of dropping an element or channel, in [0, 1). Default 0.5. */
  readonly rate?: number | undefined;
}

function readRate(op: string, options: DropoutLayerOptions | number): number {
  const read = typeof options === "number" ? { rate: options } : options;
  checkOptions(op, read, ["rate"], OTHER_NAMES);
  return demandRate(op, read.rate ?? 0.5);
}

/**
 * Sets elements to 0 with probability `rate` and divides the others by 1 − rate, in training mode; otherwise the identity.
 *
 * @example new Dropout(0.25)
 */
export class Dropout extends RandomModule {
  readonly rate: number;

  /** A number stands for `{ rate }`. Throws `OptionError` for a rate outside [0, 1). */
  constructor(options: DropoutLayerOptions | number = {}) {
    super();
    this.rate = readRate("Dropout", options);
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    return dropout(x, { rate: this.rate, key: this.nextKey() });
  }

  override describe(): string {
    return `${this.rate}`;
  }
}

/**
 * Sets whole channels of [N, C, …] to 0 with probability `rate` and divides the others by 1 − rate, in training mode.
 * Neighbouring pixels say nearly the same: dropping single ones would hide nothing.
 *
 * @example new Dropout2d(0.1)
 */
export class Dropout2d extends RandomModule {
  readonly rate: number;

  /** A number stands for `{ rate }`. Throws `OptionError` for a rate outside [0, 1). */
  constructor(options: DropoutLayerOptions | number = {}) {
    super();
    this.rate = readRate("Dropout2d", options);
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    return channelDropout(x, { rate: this.rate, key: this.nextKey() });
  }

  override describe(): string {
    return `${this.rate}`;
  }
}

export interface StochasticDepthLayerOptions {
  /** Probability of dropping the branch, in [0, 1). */
  readonly rate: number;
  /** "row" (default) draws for each sample, "batch" for all of them at once. */
  readonly mode?: "row" | "batch" | undefined;
}

/**
 * Sets a residual branch to 0 with probability `rate`, sample by sample, and divides the others by 1 − rate, in training mode.
 *
 * @example x.add(this.drop.forward(this.branch.forward(x))) // drop = new StochasticDepth(0.1)
 */
export class StochasticDepth extends RandomModule {
  readonly rate: number;
  readonly mode: "row" | "batch";

  /** A number stands for `{ rate }`. Throws `OptionError` for a rate outside [0, 1) and an unknown mode. */
  constructor(options: StochasticDepthLayerOptions | number) {
    super();
    const read = typeof options === "number" ? { rate: options } : options;
    checkOptions("StochasticDepth", read, ["rate", "mode"], OTHER_NAMES);
    this.rate = demandRate("StochasticDepth", read?.rate);
    this.mode = read.mode ?? "row";
    if (this.mode === "row" || this.mode === "batch") return;
    throw locate(
      new OptionError({
        op: "StochasticDepth",
        summary: `mode must be "row" or "batch", got "${String(this.mode)}"`,
        fix: 'write mode: "row"',
      }),
    );
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    return stochasticDepth(x, { rate: this.rate, key: this.nextKey(), mode: this.mode });
  }

  override describe(): string {
    return `${this.rate}, ${this.mode}`;
  }
}
