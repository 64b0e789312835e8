/**
 * `checkGradients`: compares the gradients of a function with differences of its values, in float64.
 *
 * With random cotangents u, S(x) = Σ_k ⟨u_k, y_k(x)⟩ is a scalar and ∇S = Σ_k J_kᵀ u_k is what the rules give. Along a
 * direction v, d/dt S(x + t·v) at t = 0 must be ⟨∇S, v⟩: one random v an input (mode "direction"), or every unit vector
 * (mode "full"). For the second order the same is done to the function (x, u) ↦ Jᵀu. Rules must be linear in u.
 */

import {
  allocate,
  captureSite,
  type Executor,
  evaluate,
  formatSite,
  isFloat,
  referenceExecutor,
  Tensor,
  type TypedArray,
  tensor,
  useExecutor,
  vjp,
} from "@prewitt/core";
import { randomFrom, uniformValues } from "../random.ts";
import { derivativeAtZero, hasKink } from "./difference.ts";
import { GradientCheckError, type GradientEntry, type GradientReport, makeReport } from "./report.ts";

/** A function of tensors. Inputs and outputs that are not floats are left alone. */
export type CheckedFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface CheckGradientsOptions {
  /** "direction" compares one random direction an input, "full" every element. Default "direction". */
  readonly mode?: "direction" | "full" | undefined;
  /** 2 checks the gradients of the gradients too. Default 1. */
  readonly order?: 1 | 2 | undefined;
  /** Largest relative difference that counts as agreement. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Numbers of the inputs to check; all float inputs when absent. */
  readonly wrt?: readonly number[] | undefined;
  /** Names of the inputs, for the report. */
  readonly names?: readonly string[] | undefined;
  /** Random directions an input, in mode "direction". Default 1. */
  readonly directions?: number | undefined;
  /** Widest difference step. Default 2⁻⁶; smaller near kinks, larger never. */
  readonly step?: number | undefined;
  /** Picks directions and cotangents. Default 0. */
  readonly seed?: number | undefined;
  /** `false` returns the report of a failed check instead of throwing. Default true. */
  readonly throws?: boolean | undefined;
  /** Must know float64. Default: the reference executor. */
  readonly executor?: Executor | undefined;
}

/**
 * Checks the gradients of `fn` at `inputs`, which are converted to float64. `fn` must be a pure function of them, smooth
 * around them. Throws `GradientCheckError`, whose message names the worst entries.
 *
 * @example
 * checkGradients((x, w) => conv2d(x, w, { padding: 1 }), [x, w], { order: 2, names: ["x", "weight"] });
 */
export function checkGradients(
  fn: CheckedFunction,
  inputs: readonly Tensor[],
  options: CheckGradientsOptions = {},
): GradientReport {
  const site = captureSite(checkGradients);
  const widened = inputs.map((t) => widen(t));
  using _ = useExecutor(options.executor ?? referenceExecutor());
  const check = new Check(options);
  const names = inputs.map((_, i) => options.names?.[i] ?? (inputs.length === 1 ? "x" : `input ${i}`));
  check.run(listed(fn), widened, names, options.wrt, 1);
  const report = makeReport(check.entries, check.failures, check.problems);
  if (!report.ok && options.throws !== false) throw new GradientCheckError(report, formatSite(site));
  return report;
}

/** Floats as float64, everything else as it is. */
function widen(t: Tensor): Tensor {
  const data = t.dataSync();
  return isFloat(t.dtype)
    ? tensor(Float64Array.from(data), { shape: t.shape })
    : tensor(data, { shape: t.shape, dtype: t.dtype });
}

type ListFunction = (...inputs: Tensor[]) => readonly Tensor[];

function listed(fn: CheckedFunction): ListFunction {
  return (...inputs) => {
    const result = fn(...inputs);
    return result instanceof Tensor ? [result] : result;
  };
}

function dataOf(t: Tensor): TypedArray {
  return t.dataSync();
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(rest % (shape[axis] as number));
    rest = Math.floor(rest / (shape[axis] as number));
  }
  return index;
}

class Check {
  readonly entries: GradientEntry[] = [];
  readonly failures: GradientEntry[] = [];
  readonly problems: string[] = [];
  readonly #options: CheckGradientsOptions;

  constructor(options: CheckGradientsOptions) {
    this.#options = options;
  }

  /** Compares at this order, then hands the gradient itself to the next. */
  run(
    fn: ListFunction,
    inputs: readonly Tensor[],
    names: readonly string[],
    wrt: readonly number[] | undefined,
    order: number,
  ): void {
    const checked = inputs.flatMap((t, i) =>
      isFloat(t.dtype) && t.size > 0 && (wrt === undefined || wrt.includes(i)) ? [i] : [],
    );
    const floats = (ys: readonly Tensor[]): Tensor[] => ys.filter((y) => isFloat(y.dtype));
    const outputs = floats(fn(...inputs));
    if (checked.length === 0 || outputs.length === 0) {
      this.problems.push(`there is nothing to compare: no float ${checked.length === 0 ? "input" : "output"}`);
      return;
    }
    const random = randomFrom(`${this.#options.seed ?? 0} cotangents ${order}`);
    const cotangents = outputs.map((y) => this.#draw(random, y));
    const gradient: ListFunction = (...all) => {
      const xs = all.slice(0, inputs.length);
      const picked = checked.map((i) => xs[i] as Tensor);
      const [, pull] = vjp((ps: Tensor[]) => floats(fn(...xs.map((x, i) => ps[checked.indexOf(i)] ?? x))), picked);
      return pull(all.slice(inputs.length)) as Tensor[];
    };
    const analytic = gradient(...inputs, ...cotangents).map(dataOf);
    this.#checkLinear(gradient, inputs, cotangents, order);
    const weights = cotangents.map(dataOf);
    const valueAt =
      (i: number, direction: ArrayLike<number>) =>
      (t: number): number => {
        const moved = inputs.map((x, k) => (k === i ? moveAlong(x, direction, t) : x));
        const ys = floats(fn(...moved));
        evaluate(...ys);
        return ys.reduce((sum, y, k) => sum + dot(dataOf(y), weights[k] as TypedArray), 0);
      };
    checked.forEach((i, k) => {
      this.#compare(inputs[i] as Tensor, analytic[k] as TypedArray, (v) => valueAt(i, v), names[i] as string, order);
    });
    if (order >= (this.#options.order ?? 1)) return;
    const cotangentNames = outputs.map((_, k) => (outputs.length === 1 ? "dy" : `dy${k}`));
    const next = [...checked, ...cotangents.map((_, k) => inputs.length + k)];
    this.run(gradient, [...inputs, ...cotangents], [...names, ...cotangentNames], next, order + 1);
  }

  #draw(random: () => number, like: Tensor): Tensor {
    return tensor(uniformValues(random, like.size, -1, 1), { shape: like.shape });
  }

  /** J ᵀ(a·u + b·v) = a·Jᵀu + b·Jᵀv. */
  #checkLinear(gradient: ListFunction, inputs: readonly Tensor[], u: readonly Tensor[], order: number): void {
    const random = randomFrom(`${this.#options.seed ?? 0} second cotangents ${order}`);
    const v = u.map((t) => this.#draw(random, t));
    const [a, b] = [0.75, -1.25];
    const mixed = u.map((t, k) => t.mul(a).add((v[k] as Tensor).mul(b)));
    const at = (cotangents: readonly Tensor[]): TypedArray[] => gradient(...inputs, ...cotangents).map(dataOf);
    const [gu, gv, gm] = [at(u), at(v), at(mixed)];
    gm.forEach((g, k) => {
      let size = 0;
      let gap = 0;
      g.forEach((m, e) => {
        const sum = a * (gu[k]?.[e] as number) + b * (gv[k]?.[e] as number);
        size = Math.max(size, Math.abs(m), Math.abs(sum));
        gap = Math.max(gap, Math.abs(m - sum));
      });
      // Below the absolute part lies the rounding of gradients that cancel.
      if (gap > 1e-9 * size + 1e-11)
        this.problems.push(
          `order ${order}: the gradient is not linear in the cotangent (relative gap ${(gap / size).toExponential(1)})`,
        );
    });
  }

  #compare(
    x: Tensor,
    analytic: TypedArray,
    along: (v: ArrayLike<number>) => (t: number) => number,
    name: string,
    order: number,
  ): void {
    if (this.#options.mode === "full") {
      for (let e = 0; e < x.size; e++) {
        const unit = allocate("float64", x.size);
        unit[e] = 1;
        this.#compareOne(analytic[e] as number, along(unit), { order, input: name, index: indexOf(e, x.shape) });
      }
      return;
    }
    const random = randomFrom(`${this.#options.seed ?? 0} directions ${order} ${name}`);
    for (let n = 0; n < (this.#options.directions ?? 1); n++) {
      const v = uniformValues(random, x.size, -1, 1);
      this.#compareOne(dot(analytic, v), along(v), { order, input: name, index: undefined });
    }
  }

  #compareOne(
    analytic: number,
    f: (t: number) => number,
    place: Pick<GradientEntry, "order" | "input" | "index">,
  ): void {
    const tolerance = this.#options.tolerance ?? 1e-6;
    const numeric = derivativeAtZero(f, { step: this.#options.step });
    const size = Math.max(Math.abs(analytic), Math.abs(numeric.value));
    const gap = Math.abs(analytic - numeric.value);
    // A derivative that is zero is found as rounding noise of the differences: what the values allow to be seen.
    const noise = 1e-11 * (1 + Math.abs(f(0)));
    const fits = gap <= tolerance * size + noise;
    const kink = !fits && (hasKink(f) || numeric.error > 1e-3 * Math.abs(numeric.value));
    const error = gap === 0 ? 0 : gap / size;
    const entry = { ...place, analytic, numeric: numeric.value, uncertainty: numeric.error, kink, error };
    this.entries.push(entry);
    if (!fits) this.failures.push(entry);
  }
}

function moveAlong(x: Tensor, direction: ArrayLike<number>, t: number): Tensor {
  return tensor(
    Float64Array.from(x.dataSync(), (value, e) => value + t * (direction[e] as number)),
    { shape: x.shape },
  );
}
