/**
 * Stochastic gradient descent with momentum (I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of
 * initialization and momentum in deep learning", ICML 2013), in PyTorch's form:
 *
 *     g ← g + weightDecay · p
 *     b ← momentum · b + (1 − dampening) · g      (b ← g at the first step)
 *     p ← p − learningRate · (nesterov ? g + momentum · b : b)
 */

import { checkOptions, locate, OptionError, type Tensor, type Variable } from "@prewitt/core";
import { OTHER_NAMES } from "../names.ts";
import type { GroupPattern } from "./groups.ts";
import type { HyperValue } from "./hyper-parameters.ts";
import { Optimizer, type ParameterGroup, type ParameterRecord } from "./optimizer.ts";

interface SGDValues {
  /** Weight of the past in the running sum of gradients, in [0, 1). Default 0, which keeps no sum. */
  readonly momentum?: HyperValue | undefined;
  /** Share of the gradient that does not enter the sum. Default 0. */
  readonly dampening?: HyperValue | undefined;
  /** Factor of the parameter that is added to its gradient. Default 0. */
  readonly weightDecay?: HyperValue | undefined;
}

export interface SGDOptions extends SGDValues {
  readonly learningRate: HyperValue;
  /** Look one momentum step ahead. Needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean | undefined;
  /** Parameters with values of their own, by path. */
  readonly groups?:
    | readonly (GroupPattern & SGDValues & { readonly learningRate?: HyperValue | undefined })[]
    | undefined;
}

const HYPER = {
  learningRate: { from: 0 },
  momentum: { from: 0, below: 1, fallback: 0, optional: true },
  dampening: { from: 0, fallback: 0, optional: true },
  weightDecay: { from: 0, fallback: 0, optional: true },
} as const;

/**
 * @example
 * const optimizer = new SGD(model.parameters(), {
 *   learningRate: cosineSchedule({ start: 0.1, steps: 10_000 }),
 *   momentum: 0.9,
 *   weightDecay: 5e-4,
 *   groups: [{ params: ["**.bias", "**.norm"], weightDecay: 0 }],
 * });
 */
export class SGD extends Optimizer {
  /** Absent where the option is 0 or missing. */
  readonly momentum: Variable | undefined;
  readonly weightDecay: Variable | undefined;
  readonly dampening: Variable | undefined;
  readonly nesterov: boolean;
  readonly #sums: ReadonlyMap<string, Variable>;

  /** Throws `OptionError` for unknown options and values out of range, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord, options: SGDOptions) {
    checkOptions("SGD", options, [...Object.keys(HYPER), "nesterov", "groups"], OTHER_NAMES);
    const { nesterov = false, groups, ...values } = options ?? {};
    super("SGD", parameters, { hyper: HYPER, values, groups: groups as never });
    this.nesterov = nesterov;
    for (const { hyper } of this.groups) {
      if (!nesterov || (hyper("momentum") !== undefined && hyper("dampening") === undefined)) continue;
      const { momentum = 0, dampening = 0 } = values;
      throw locate(
        new OptionError({
          op: "SGD",
          summary: "nesterov needs momentum, and no dampening",
          problems: [`momentum is ${String(momentum)}, dampening is ${String(dampening)}`],
          fix: "write { momentum: 0.9, nesterov: true }",
        }),
      );
    }
    this.momentum = this.shared("momentum");
    this.weightDecay = this.shared("weightDecay");
    this.dampening = this.shared("dampening");
    this.#sums = this.slot("momentumBuffer", ({ hyper }) => hyper("momentum") !== undefined);
  }

  protected override update(
    { hyper }: ParameterGroup,
    gradients: readonly (readonly [string, Tensor])[],
    steps: Tensor,
  ): void {
    const learningRate = (hyper("learningRate") as Variable).read();
    const momentum = hyper("momentum")?.read();
    const weightDecay = hyper("weightDecay")?.read();
    const dampening = hyper("dampening")?.read();
    // The sum begins as the whole gradient, whatever the dampening.
    const share = dampening && steps.equal(1).where(1, dampening.neg().add(1));
    for (const [path, gradient] of gradients) {
      const parameter = this.parameters[path] as Variable;
      const p = parameter.read();
      let g = weightDecay === undefined ? gradient : gradient.add(p.mul(weightDecay.cast(p.dtype)));
      const slot = this.#sums.get(path);
      if (slot !== undefined && momentum !== undefined) {
        const factor = momentum.cast(p.dtype);
        const sum = slot
          .read()
          .mul(factor)
          .add(share === undefined ? g : g.mul(share.cast(p.dtype)));
        slot.assign(sum);
        g = this.nesterov ? g.add(sum.mul(factor)) : sum;
      }
      parameter.assign(p.sub(g.mul(learningRate.cast(p.dtype))));
    }
  }
}
