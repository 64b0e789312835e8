/**
 * Adam (D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015) and AdamW, whose weight decay stays out
 * of the moments (I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019), in PyTorch's form:
 *
 *     m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *     p ← p − (learningRate / (1 − β₁ᵗ)) · m / (√v / √(1 − β₂ᵗ) + eps)
 *
 * Weight decay: g ← g + weightDecay · p for Adam, p ← (1 − learningRate · weightDecay) · p before the step for AdamW.
 * amsgrad puts the largest v so far in place of v (S. Reddi, S. Kale, S. Kumar, ICLR 2018).
 */

import { checkOptions, locate, OptionError, type Tensor, type Variable } from "@prewitt/core";
import { OTHER_NAMES } from "../names.ts";
import type { GroupPattern } from "./groups.ts";
import type { HyperValue } from "./hyper-parameters.ts";
import { Optimizer, type ParameterGroup, type ParameterRecord } from "./optimizer.ts";

interface AdamValues {
  /** Default 1e-3. */
  readonly learningRate?: HyperValue | undefined;
  /** Decay of the moments, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [HyperValue, HyperValue] | undefined;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: HyperValue | undefined;
  /** Default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: HyperValue | undefined;
}

export interface AdamOptions extends AdamValues {
  /** Default false. */
  readonly amsgrad?: boolean | undefined;
  /** Parameters with values of their own, by path. */
  readonly groups?: readonly (GroupPattern & AdamValues)[] | undefined;
}

const OPTIONS = ["learningRate", "betas", "eps", "weightDecay"] as const;

function hyperOf(decoupled: boolean) {
  return {
    learningRate: { from: 0, fallback: 1e-3 },
    beta1: { from: 0, below: 1, fallback: 0.9 },
    beta2: { from: 0, below: 1, fallback: 0.999 },
    eps: { from: 0, fallback: 1e-8 },
    weightDecay: { from: 0, fallback: decoupled ? 0.01 : 0, optional: true },
  };
}

/** The options with one name for each hyper-parameter. */
function withBetas<T extends AdamValues>(name: string, { betas, ...rest }: T) {
  if (betas === undefined) return rest;
  checkBetas(name, betas);
  return { ...rest, beta1: betas[0], beta2: betas[1] };
}

interface Factors {
  readonly beta1: Tensor;
  readonly beta2: Tensor;
  readonly rest1: Tensor;
  readonly rest2: Tensor;
  readonly stepSize: Tensor;
  readonly root: Tensor;
  readonly eps: Tensor;
  readonly decay: Tensor | undefined;
}

function checkBetas(name: string, betas: unknown): void {
  const pair =
    Array.isArray(betas) &&
    betas.length === 2 &&
    betas.every((b) => typeof b === "function" || (typeof b === "number" && b >= 0 && b < 1));
  if (pair) return;
  throw locate(
    new OptionError({
      op: name,
      summary: `betas must be two numbers from 0 to below 1, got ${Array.isArray(betas) ? `[${betas.join(", ")}]` : String(betas)}`,
      fix: "write betas: [0.9, 0.999]",
    }),
  );
}

/** Adam and AdamW, which differ in where the weight decay goes. */
abstract class AdamBase extends Optimizer {
  readonly betas: readonly [Variable, Variable];
  readonly eps: Variable;
  /** Absent where the option is 0. */
  readonly weightDecay: Variable | undefined;
  readonly amsgrad: boolean;
  readonly #decoupled: boolean;
  readonly #mean: ReadonlyMap<string, Variable>;
  readonly #square: ReadonlyMap<string, Variable>;
  readonly #largest: ReadonlyMap<string, Variable> | undefined;

  constructor(name: string, decoupled: boolean, parameters: ParameterRecord, options: AdamOptions) {
    checkOptions(name, options, [...OPTIONS, "amsgrad", "groups"], OTHER_NAMES);
    const { amsgrad = false, groups, ...values } = options;
    super(name, parameters, {
      hyper: hyperOf(decoupled),
      values: withBetas(name, values),
      groups: groups?.map((group) => withBetas(name, group)) as never,
      groupOptions: ["beta1", "beta2", ...OPTIONS],
    });
    this.betas = [this.shared("beta1") as Variable, this.shared("beta2") as Variable];
    this.eps = this.shared("eps") as Variable;
    this.weightDecay = this.shared("weightDecay");
    this.amsgrad = amsgrad;
    this.#decoupled = decoupled;
    this.#mean = this.slot("expAvg");
    this.#square = this.slot("expAvgSq");
    this.#largest = amsgrad ? this.slot("maxExpAvgSq") : undefined;
  }

  #factors({ hyper }: ParameterGroup, steps: Tensor): Factors {
    const t = steps.cast("float64");
    const value = (name: string): Tensor => (hyper(name) as Variable).read();
    const [learningRate, beta1, beta2] = [value("learningRate"), value("beta1"), value("beta2")];
    const rest = (x: Tensor): Tensor => x.neg().add(1);
    const weightDecay = hyper("weightDecay")?.read();
    return {
      beta1,
      beta2,
      rest1: rest(beta1),
      rest2: rest(beta2),
      stepSize: learningRate.div(rest(beta1.pow(t))),
      root: rest(beta2.pow(t)).sqrt(),
      eps: value("eps"),
      decay: weightDecay && (this.#decoupled ? rest(learningRate.mul(weightDecay)) : weightDecay),
    };
  }

  protected override update(
    group: ParameterGroup,
    gradients: readonly (readonly [string, Tensor])[],
    steps: Tensor,
  ): void {
    const factors = this.#factors(group, steps);
    for (const [path, gradient] of gradients) {
      const parameter = this.parameters[path] as Variable;
      const [mean, square] = [this.#mean.get(path) as Variable, this.#square.get(path) as Variable];
      let p = parameter.read();
      const rounded = (scalar: Tensor): Tensor => scalar.cast(p.dtype);
      let g = gradient;
      if (factors.decay !== undefined) {
        const decay = rounded(factors.decay);
        if (this.#decoupled) p = p.mul(decay);
        else g = g.add(p.mul(decay));
      }
      const m = mean
        .read()
        .mul(rounded(factors.beta1))
        .add(g.mul(rounded(factors.rest1)));
      const v = square
        .read()
        .mul(rounded(factors.beta2))
        .add(g.square().mul(rounded(factors.rest2)));
      mean.assign(m);
      square.assign(v);
      const denominator = this.#bounded(path, v).sqrt().div(rounded(factors.root)).add(rounded(factors.eps));
      parameter.assign(p.sub(m.mul(rounded(factors.stepSize)).div(denominator)));
    }
  }

  #bounded(path: string, v: Tensor): Tensor {
    const slot = this.#largest?.get(path);
    if (slot === undefined) return v;
    const largest = slot.read().maximum(v);
    slot.assign(largest);
    return largest;
  }
}

/**
 * @example const optimizer = new Adam(model.parameters(), { learningRate: 1e-3 });
 */
export class Adam extends AdamBase {
  /** Throws `OptionError` for unknown options and values out of range, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord, options: AdamOptions = {}) {
    super("Adam", false, parameters, options);
  }
}

/**
 * Adam with decoupled weight decay.
 *
 * @example const optimizer = new AdamW(model.parameters(), { learningRate: 3e-4, weightDecay: 0.05 });
 */
export class AdamW extends AdamBase {
  /** Throws `OptionError` for unknown options and values out of range, `TraceError` inside `compile`. */
  constructor(parameters: ParameterRecord, options: AdamOptions = {}) {
    super("AdamW", true, parameters, options);
  }
}
