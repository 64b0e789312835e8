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
import { Optimizer, type ParameterRecord } from "./optimizer.ts";

export interface SGDOptions {
  readonly learningRate: number;
  /** Weight of the past in the running sum of gradients, in [0, 1). Default 0, which keeps no sum. */
  readonly momentum?: number | undefined;
  /** Share of the gradient that does not enter the sum. Default 0. */
  readonly dampening?: number | undefined;
  /** Look one momentum step ahead. Needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean | undefined;
  /** Factor of the parameter that is added to its gradient. Default 0. */
  readonly weightDecay?: number | undefined;
}

/**
 * @example const optimizer = new SGD(model.parameters(), { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 });
 */
export class SGD extends Optimizer {
  /** Absent where the option is 0 or missing. */
  readonly momentum: Variable | undefined;
  readonly weightDecay: Variable | undefined;
  readonly dampening: Variable | undefined;
  readonly nesterov: boolean;
  readonly #sums: ReadonlyMap<string, Variable> | undefined;

  /** Throws `OptionError` for unknown options and values out of range, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord, options: SGDOptions) {
    checkOptions("SGD", options, ["learningRate", "momentum", "dampening", "nesterov", "weightDecay"], OTHER_NAMES);
    super("SGD", parameters, options?.learningRate);
    const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw locate(
        new OptionError({
          op: "SGD",
          summary: "nesterov needs momentum, and no dampening",
          problems: [`momentum is ${momentum}, dampening is ${dampening}`],
          fix: "write { momentum: 0.9, nesterov: true }",
        }),
      );
    }
    this.nesterov = nesterov;
    if (weightDecay !== 0) this.weightDecay = this.scalar("weightDecay", weightDecay, { from: 0 });
    if (momentum !== 0) this.momentum = this.scalar("momentum", momentum, { from: 0, below: 1 });
    if (dampening !== 0) this.dampening = this.scalar("dampening", dampening, { from: 0 });
    this.#sums = momentum === 0 ? undefined : this.slot("momentumBuffer");
  }

  protected override update(gradients: readonly (readonly [string, Tensor])[], steps: Tensor): void {
    const learningRate = this.learningRate.read();
    const momentum = this.momentum?.read();
    const weightDecay = this.weightDecay?.read();
    // The sum begins as the whole gradient, whatever the dampening.
    const share = this.dampening && steps.equal(1).where(1, this.dampening.read().neg().add(1));
    for (const [path, gradient] of gradients) {
      const parameter = this.parameters[path] as Variable;
      const p = parameter.read();
      let g = weightDecay === undefined ? gradient : gradient.add(p.mul(weightDecay.cast(p.dtype)));
      const slot = this.#sums?.get(path);
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
