/**
 * Exponential moving average of a model's weights (B. Polyak, A. Juditsky, 1992, with a fading memory): after each step
 *
 *     s ← d s + (1 − d) w,   d = min(decay, (1 + t)/(10 + t)) with `warmup`, t the updates so far
 *
 * Float buffers (running statistics) are averaged as the weights are; integer ones and counters are taken over.
 */

import { checkOptions, isFloat, locate, OptionError, type Tensor, tensor, Variable } from "@prewitt/core";
import type { AnyModule } from "../module/module.ts";
import { prepared } from "../module/prepare.ts";
import { assignState, type LoadReport, type StateDict, snapshot } from "../module/state-dict.ts";

export interface EmaOptions {
  /** Weight of the past, from 0 to below 1. Default 0.999. */
  readonly decay?: number | undefined;
  /** Let the first averages follow faster, d = (1 + t)/(10 + t) while that is less. Default false. */
  readonly warmup?: boolean | undefined;
}

/**
 * Averages of all parameters and buffers of `model`, frozen ones included. `update` may stand inside `compile`, behind the
 * optimiser's step.
 *
 * @example
 * const ema = new Ema(model, { decay: 0.998 });
 * // in the step: optimizer.step(gradients); ema.update();
 * const { accuracy } = await ema.apply(() => evaluate(model, test, { metrics: { accuracy } }));
 */
export class Ema {
  /** Averages by path. */
  readonly averages: Readonly<Record<string, Variable>>;
  /** Updates so far: an int32 scalar variable. */
  readonly updates: Variable;
  readonly decay: Variable;
  readonly warmup: boolean;
  readonly #targets: ReadonlyMap<string, Variable>;

  /** Begins at the present weights. Throws `OptionError`; `StateError` for a model that is not initialised. */
  constructor(model: AnyModule, options: EmaOptions = {}) {
    checkOptions("Ema", options, ["decay", "warmup"]);
    const { decay = 0.999, warmup = false } = options;
    if (!(decay >= 0 && decay < 1)) {
      throw locate(
        new OptionError({
          op: "Ema",
          summary: `decay must be a number from 0 to below 1, got ${String(decay)}`,
          fix: "write decay: 0.999",
        }),
      );
    }
    this.#targets = new Map(prepared(model).variables.map(({ path, variable }) => [path, variable]));
    this.averages = Object.fromEntries(
      [...this.#targets].map(([path, v]) => [path, new Variable(v.read(), { name: `Ema/${path}` })]),
    );
    this.decay = new Variable(tensor(decay, { dtype: "float64" }), { name: "Ema.decay" });
    this.updates = new Variable(tensor(0, { dtype: "int32" }), { name: "Ema.updates" });
    this.warmup = warmup;
  }

  /** Moves the averages towards the present weights. */
  update(): void {
    const t = this.updates.read();
    const count = t.cast("float64");
    const decay = this.decay.read();
    const d = this.warmup ? count.add(1).div(count.add(10)).minimum(decay) : decay;
    for (const [path, target] of this.#targets) {
      const average = this.averages[path] as Variable;
      const w = target.read();
      const s = average.read();
      average.assign(isFloat(w.dtype) ? s.add(w.sub(s).mul(d.neg().add(1).cast(w.dtype))) : w);
    }
    this.updates.assign(t.add(1));
  }

  /** Exchanges the model's values and the averages; a second call puts them back. */
  swap(): void {
    for (const [path, target] of this.#targets) {
      const average = this.averages[path] as Variable;
      const [w, s] = [target.read(), average.read()];
      target.assign(s);
      average.assign(w);
    }
  }

  /** Runs `fn` while the model has the averages, and puts its own values back, also when `fn` throws. */
  async apply<T>(fn: () => T | Promise<T>): Promise<T> {
    this.swap();
    try {
      return await fn();
    } finally {
      this.swap();
    }
  }

  /** Averages by path, behind `average/`, with `updates` and `decay`. */
  stateDict(): Record<string, Tensor> {
    return snapshot([...this.#variables()]);
  }

  /** Assigns what `stateDict` gave. Strict as `Module.loadStateDict`. */
  loadStateDict(dict: StateDict, options: { readonly strict?: boolean | undefined } = {}): LoadReport {
    return assignState("loadStateDict", this.#variables(), new Set(), dict, options);
  }

  #variables(): Map<string, Variable> {
    const averages = Object.entries(this.averages).map(([path, v]) => [`average/${path}`, v] as const);
    return new Map([["updates", this.updates] as const, ["decay", this.decay] as const, ...averages]);
  }
}
