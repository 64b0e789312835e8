/**
 * Layers that draw random numbers from a stream of their own: key = (seed, path, counter), and the counter advances with
 * every draw. So masks differ from call to call, do not depend on other layers, and are the same when a run is repeated or
 * resumed from a checkpoint, which saves the counter.
 */

import { guarded, locate, OptionError, session, streamKey, type Tensor, type TensorSpec, tensor } from "@prewitt/core";
import { Buffer } from "../module/buffer.ts";
import { Module } from "../module/module.ts";

export abstract class RandomModule extends Module {
  counter!: Buffer;

  override build(_inputs: readonly TensorSpec[] | undefined): void {
    this.counter = new Buffer(tensor(0, { dtype: "int32" }), { key: "counter", persistent: false });
  }

  /** The key of the next draw, int32 [2]. */
  protected nextKey(): Tensor {
    const [k0, k1] = streamKey(
      guarded(() => session.seed),
      this.path ?? "",
    );
    const count = this.counter.read();
    this.counter.assign(count.add(1));
    return tensor(Int32Array.of(k0, k1)).add(count.reshape([1]).mul(tensor(Int32Array.of(0, 1))));
  }
}

/** Throws `OptionError` unless `rate` lies in [0, 1). */
export function demandRate(op: string, rate: number): number {
  if (rate >= 0 && rate < 1) return rate;
  throw locate(
    new OptionError({
      op,
      summary: `rate must lie in 0 ≤ rate < 1, got ${rate}`,
      fix: rate > 1 && rate <= 100 ? `write new ${op}(${rate / 100})` : `write new ${op}(0.5)`,
    }),
  );
}
