/**
 * Gradient accumulation: the mean gradient of several batches for one step, where one batch of their size does not fit into
 * memory.
 */

import { locate, OptionError, scalarNode, type Tensor, tensor, Variable, zeros } from "@prewitt/core";
import { assignState, type LoadReport, type StateDict, snapshot } from "../module/state-dict.ts";
import type { ParameterGradients, ParameterRecord } from "./optimizer.ts";

/**
 * Sums gradients in variables, inside and outside `compile`. Batches within one compiled step need no accumulator: use
 * `addTrees` and `scaleTree`.
 *
 * @example
 * const sum = new GradientAccumulator(model.parameters());
 * const add = compile((x: Tensor, y: Tensor) => {
 *   const loss = crossEntropy(model.forward(x), y);
 *   sum.add(grad(loss, model.parameters()));
 *   return loss;
 * });
 * const apply = compile(() => optimizer.step(sum.take()));
 */
export class GradientAccumulator {
  /** Total weight of what was added: a float32 scalar variable. */
  readonly weight: Variable;
  readonly #sums: ReadonlyMap<string, Variable>;

  /** Throws `OptionError` for no parameters, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord) {
    const entries = Object.entries(parameters);
    if (entries.length === 0) {
      throw locate(
        new OptionError({
          op: "GradientAccumulator",
          summary: "there are no parameters",
          fix: "pass model.parameters()",
        }),
      );
    }
    this.weight = new Variable(tensor(0), { name: "GradientAccumulator.weight" });
    this.#sums = new Map(
      entries.map(([path, { shape, dtype }]) => [
        path,
        new Variable(zeros(shape, { dtype }), { name: `GradientAccumulator.sum/${path}` }),
      ]),
    );
  }

  /**
   * Adds `weight` times the gradients. Weights are for batches of different sizes: pass the number of samples, as a number
   * or a float32 scalar. Default 1. Throws `OptionError` for other paths than those of the parameters.
   */
  add(gradients: ParameterGradients, weight: number | Tensor = 1): void {
    const given = Object.keys(gradients);
    const missing = [...this.#sums.keys()].filter((path) => !Object.hasOwn(gradients, path));
    const extra = given.filter((path) => !this.#sums.has(path));
    if (missing.length + extra.length > 0) {
      throw locate(
        new OptionError({
          op: "GradientAccumulator.add",
          summary: "the gradients do not match the parameters",
          problems: [
            ...missing.map((path) => `no gradient for ${path}`),
            ...extra.map((path) => `no parameter ${path}`),
          ],
          fix: "pass grad(loss, model.parameters())",
        }),
      );
    }
    const factor = typeof weight === "number" ? scalarNode(weight, "float32") : weight;
    for (const [path, sum] of this.#sums) {
      const gradient = gradients[path] as Tensor;
      sum.assign(sum.read().add(weight === 1 ? gradient : gradient.mul(factor.cast(gradient.dtype))));
    }
    this.weight.assign(this.weight.read().add(factor));
  }

  /** The weighted mean of what was added, by path, and starts anew. NaN if nothing was. */
  take(): Record<string, Tensor> {
    const weight = this.weight.read();
    const means = [...this.#sums].map(([path, sum]) => {
      const total = sum.read();
      sum.assign(zeros(sum.shape, { dtype: sum.dtype }));
      return [path, total.div(weight.cast(total.dtype))] as const;
    });
    this.weight.assign(tensor(0));
    return Object.fromEntries(means);
  }

  /** The sums as `sum/path`, and `weight`. */
  stateDict(): Record<string, Tensor> {
    return snapshot([...this.#variables()]);
  }

  /** Assigns what `stateDict` gave. Strict as `Module.loadStateDict`. */
  loadStateDict(dict: StateDict, options: { readonly strict?: boolean | undefined } = {}): LoadReport {
    return assignState("loadStateDict", this.#variables(), new Set(), dict, options);
  }

  #variables(): Map<string, Variable> {
    return new Map([["weight", this.weight] as const, ...[...this.#sums].map(([p, v]) => [`sum/${p}`, v] as const)]);
  }
}
