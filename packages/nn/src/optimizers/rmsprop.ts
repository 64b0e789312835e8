/**
 * RMSprop (T. Tieleman, G. Hinton, lecture 6.5 of "Neural networks for machine learning", 2012), in PyTorch's form:
 *
 *     g ← g + weightDecay · p
 *     v ← decay · v + (1 − decay) g²
 *     d = √v + eps,   centred: d = √(v − m²) + eps with m ← decay · m + (1 − decay) g
 *     b ← momentum · b + g/d
 *     p ← p − learningRate · b
 */

import { checkOptions, type Tensor, type Variable } from "@prewitt/core";
import { OTHER_NAMES } from "../names.ts";
import type { GroupPattern } from "./groups.ts";
import type { HyperValue } from "./hyper-parameters.ts";
import { Optimizer, type ParameterGroup, type ParameterRecord } from "./optimizer.ts";

interface RMSpropValues {
  /** Default 0.01. */
  readonly learningRate?: HyperValue | undefined;
  /** Weight of the past in the mean of squares, in [0, 1). Default 0.99. */
  readonly decay?: HyperValue | undefined;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: HyperValue | undefined;
  /** Default 0, which keeps no sum. */
  readonly momentum?: HyperValue | undefined;
  /** Default 0. */
  readonly weightDecay?: HyperValue | undefined;
}

export interface RMSpropOptions extends RMSpropValues {
  /** Divide by the standard deviation in place of the root mean square. Default false. */
  readonly centred?: boolean | undefined;
  /** Parameters with values of their own, by path. */
  readonly groups?: readonly (GroupPattern & RMSpropValues)[] | undefined;
}

const HYPER = {
  learningRate: { from: 0, fallback: 0.01 },
  decay: { from: 0, below: 1, fallback: 0.99 },
  eps: { from: 0, fallback: 1e-8 },
  momentum: { from: 0, below: 1, fallback: 0, optional: true },
  weightDecay: { from: 0, fallback: 0, optional: true },
} as const;

/**
 * @example const optimizer = new RMSprop(model.parameters(), { learningRate: 1e-3, momentum: 0.9 });
 */
export class RMSprop extends Optimizer {
  readonly centred: boolean;
  readonly #squares: ReadonlyMap<string, Variable>;
  readonly #means: ReadonlyMap<string, Variable> | undefined;
  readonly #sums: ReadonlyMap<string, Variable>;

  /** Throws `OptionError` for unknown options and values out of range, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord, options: RMSpropOptions = {}) {
    checkOptions("RMSprop", options, [...Object.keys(HYPER), "centred", "groups"], {
      ...OTHER_NAMES,
      alpha: "decay",
      centered: "centred",
    });
    const { centred = false, groups, ...values } = options;
    super("RMSprop", parameters, { hyper: HYPER, values, groups: groups as never });
    this.centred = centred;
    this.#squares = this.slot("squareAvg");
    this.#means = centred ? this.slot("gradAvg") : undefined;
    this.#sums = this.slot("momentumBuffer", ({ hyper }) => hyper("momentum") !== undefined);
  }

  protected override update({ hyper }: ParameterGroup, gradients: readonly (readonly [string, Tensor])[]): void {
    const [learningRate, decay, eps] = ["learningRate", "decay", "eps"].map((name) =>
      (hyper(name) as Variable).read(),
    ) as [Tensor, Tensor, Tensor];
    const rest = decay.neg().add(1);
    const momentum = hyper("momentum")?.read();
    const weightDecay = hyper("weightDecay")?.read();
    for (const [path, gradient] of gradients) {
      const parameter = this.parameters[path] as Variable;
      const p = parameter.read();
      const rounded = (scalar: Tensor): Tensor => scalar.cast(p.dtype);
      const g = weightDecay === undefined ? gradient : gradient.add(p.mul(rounded(weightDecay)));
      const blend = (slot: Variable, now: Tensor): Tensor => {
        const next = slot
          .read()
          .mul(rounded(decay))
          .add(now.mul(rounded(rest)));
        slot.assign(next);
        return next;
      };
      const square = blend(this.#squares.get(path) as Variable, g.square());
      const mean = this.#means && blend(this.#means.get(path) as Variable, g);
      // Rounding may take v − m² below 0.
      const spread = mean === undefined ? square : square.sub(mean.square()).maximum(0);
      let move = g.div(spread.sqrt().add(rounded(eps)));
      const slot = this.#sums.get(path);
      if (slot !== undefined && momentum !== undefined) {
        move = slot.read().mul(rounded(momentum)).add(move);
        slot.assign(move);
      }
      parameter.assign(p.sub(move.mul(rounded(learningRate))));
    }
  }
}
