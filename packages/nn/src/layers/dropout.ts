/**
 * Dropout with a stream of its own: key = (seed, path, counter), and the counter advances with every forward in training
 * mode. So masks differ from call to call, do not depend on other layers, and are the same when a run is repeated or
 * resumed from a checkpoint, which saves the counter.
 */

import {
  checkOptions,
  guarded,
  locate,
  OptionError,
  session,
  streamKey,
  type Tensor,
  type TensorSpec,
  tensor,
} from "@prewitt/core";
import { dropout } from "@prewitt/ops";
import { Buffer } from "../module/buffer.ts";
import { Module } from "../module/module.ts";
import { OTHER_NAMES } from "../names.ts";

export interface DropoutLayerOptions {
  /** Probability of dropping an element, in [0, 1). Default 0.5. */
  readonly rate?: number | undefined;
}

/**
 * Sets elements to 0 with probability `rate` and divides the others by 1 − rate, in training mode; otherwise the identity.
 *
 * @example new Dropout(0.25)
 */
export class Dropout extends Module {
  counter!: Buffer;
  readonly rate: number;

  /** A number stands for `{ rate }`. Throws `OptionError` for a rate outside [0, 1). */
  constructor(options: DropoutLayerOptions | number = {}) {
    super();
    const read = typeof options === "number" ? { rate: options } : options;
    checkOptions("Dropout", read, ["rate"], OTHER_NAMES);
    const { rate = 0.5 } = read;
    if (!(rate >= 0 && rate < 1)) {
      throw locate(
        new OptionError({
          op: "Dropout",
          summary: `rate must lie in 0 ≤ rate < 1, got ${rate}`,
          fix: rate > 1 && rate <= 100 ? `write new Dropout(${rate / 100})` : "write new Dropout(0.5)",
        }),
      );
    }
    this.rate = rate;
  }

  override build(_inputs: readonly TensorSpec[] | undefined): void {
    this.counter = new Buffer(tensor(0, { dtype: "int32" }), { key: "counter", persistent: false });
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const [k0, k1] = streamKey(
      guarded(() => session.seed),
      this.path ?? "",
    );
    const count = this.counter.read();
    this.counter.assign(count.add(1));
    const key = tensor(Int32Array.of(k0, k1)).add(count.reshape([1]).mul(tensor(Int32Array.of(0, 1))));
    return dropout(x, { rate: this.rate, key });
  }

  override describe(): string {
    return `${this.rate}`;
  }
}
