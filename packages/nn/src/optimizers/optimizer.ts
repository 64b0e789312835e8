/**
 * What optimisers have in common: parameters by path, slots and counters as variables, and one step from a record of
 * gradients.
 *
 * Hyper-parameters are float64 scalar variables: a schedule assigns them and no compiled step is traced again.
 * Scalar arithmetic (bias corrections and the like) is done in float64 and rounded to the parameter's dtype, as PyTorch
 * does.
 */

import {
  constantNode,
  formatShape,
  isTensor,
  locate,
  nearest,
  OptionError,
  ShapeError,
  sameShape,
  settleGeneration,
  type Tensor,
  tensor,
  Variable,
  withScope,
  zeros,
} from "@prewitt/core";
import { assignState, type LoadOptions, type LoadReport, type StateDict, snapshot } from "../module/state-dict.ts";

/** Variables by path, as `model.parameters()` gives them. */
export type ParameterRecord = Readonly<Record<string, Variable>>;

/** Gradients by the same paths, as `grad(loss, model.parameters())` gives them. */
export type ParameterGradients = Readonly<Record<string, Tensor>>;

export abstract class Optimizer {
  readonly parameters: ParameterRecord;
  /** Scalar variable; assign it to change the rate. */
  readonly learningRate: Variable;
  /** Steps taken: an int32 scalar variable. */
  readonly steps: Variable;
  readonly #name: string;
  readonly #scalars = new Map<string, Variable>();
  readonly #slots = new Map<string, ReadonlyMap<string, Variable>>();

  /** Throws `OptionError` for no parameters, or a learning rate that is no positive number. */
  constructor(name: string, parameters: ParameterRecord, learningRate: unknown) {
    this.#name = name;
    checkParameters(name, parameters);
    this.parameters = { ...parameters };
    this.learningRate = this.scalar("learningRate", learningRate, { from: 0 });
    this.steps = new Variable(tensor(0, { dtype: "int32" }), { name: `${name}.steps` });
    this.#scalars.set("steps", this.steps);
  }

  /**
   * Assigns every parameter its next value. Inside `compile` it becomes part of the program; outside nothing is computed
   * yet, but what the previous step assigned is settled, so that graphs do not grow.
   *
   * @param gradients One gradient for each parameter, by path. Throws `OptionError` that lists missing and extra paths.
   *
   * @example optimizer.step(grad(loss, model.parameters()));
   */
  step(gradients: ParameterGradients): void {
    this.#check(gradients);
    settleGeneration();
    withScope(this.#name, () => {
      const steps = this.steps.read().add(1);
      this.steps.assign(steps);
      this.update(Object.entries(gradients), steps);
    });
  }

  /** Assigns parameters and slots. `steps` counts this step too. */
  protected abstract update(gradients: readonly (readonly [path: string, gradient: Tensor])[], steps: Tensor): void;

  /** Values of slots, counters and hyper-parameters: scalars by name, slots as `name/path`. */
  stateDict(): Record<string, Tensor> {
    return snapshot([...this.#variables()]);
  }

  /** Assigns what `stateDict` gave. Strict as `Module.loadStateDict`. */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return assignState("loadStateDict", this.#variables(), new Set(), dict, options);
  }

  #variables(): Map<string, Variable> {
    const variables = new Map(this.#scalars);
    for (const [name, slot] of this.#slots) for (const [path, v] of slot) variables.set(`${name}/${path}`, v);
    return variables;
  }

  /** A hyper-parameter as a variable. Throws `OptionError` outside `from` ≤ value < `below`. */
  protected scalar(
    name: string,
    value: unknown,
    { from, below = Number.POSITIVE_INFINITY }: { from: number; below?: number },
  ): Variable {
    if (!(typeof value === "number" && value >= from && value < below)) {
      const range =
        below === Number.POSITIVE_INFINITY ? `a number of ${from} or more` : `a number from ${from} to below ${below}`;
      throw locate(
        new OptionError({
          op: this.#name,
          summary: `${name} must be ${range}, got ${String(value)}`,
          fix: `write ${name}: ${below === Number.POSITIVE_INFINITY ? 0.01 : 0.9}`,
        }),
      );
    }
    const variable = new Variable(constantNode(Float64Array.of(value), [], "float64"), {
      name: `${this.#name}.${name}`,
    });
    this.#scalars.set(name, variable);
    return variable;
  }

  /** One variable of zeros for each parameter, by path. */
  protected slot(name: string): ReadonlyMap<string, Variable> {
    const slot = new Map(
      Object.entries(this.parameters).map(([path, { shape, dtype }]) => [
        path,
        new Variable(zeros(shape, { dtype }), { name: `${this.#name}.${name}/${path}` }),
      ]),
    );
    this.#slots.set(name, slot);
    return slot;
  }

  #check(gradients: unknown): asserts gradients is ParameterGradients {
    const op = `${this.#name}.step`;
    if (typeof gradients !== "object" || gradients === null || isTensor(gradients)) {
      throw locate(
        new OptionError({
          op,
          summary: "gradients must be a record by path",
          fix: "pass grad(loss, model.parameters())",
        }),
      );
    }
    const missing = Object.keys(this.parameters).filter((path) => !Object.hasOwn(gradients, path));
    const extra = Object.keys(gradients).filter((path) => !Object.hasOwn(this.parameters, path));
    if (missing.length > 0 || extra.length > 0) {
      throw locate(
        new OptionError({
          op,
          summary: "the gradients do not match the parameters of the optimiser",
          problems: [
            ...missing.map((path) => `no gradient for ${path}`),
            ...extra.map((path) => extraText(path, missing)),
          ],
          fix: "pass grad(loss, model.parameters()); after freeze or unfreeze make a new optimiser",
        }),
      );
    }
    const wrong = Object.entries(gradients).filter(([path, g]) => !fits(g, this.parameters[path] as Variable));
    if (wrong.length === 0) return;
    throw locate(
      new ShapeError({
        op,
        summary: "gradients must have shape and dtype of their parameters",
        problems: wrong.map(
          ([path, g]) => `${path}: ${specOf(this.parameters[path] as Variable)}, gradient ${specOf(g)}`,
        ),
        fix: "pass what grad returns, or cast and reshape it",
      }),
    );
  }
}

function extraText(path: string, missing: readonly string[]): string {
  const near = nearest(path, missing);
  return `no parameter ${path}${near === undefined ? "" : `; is ${near} meant?`}`;
}

function fits(gradient: unknown, parameter: Variable): boolean {
  return isTensor(gradient) && sameShape(gradient.shape, parameter.shape) && gradient.dtype === parameter.dtype;
}

function specOf(value: unknown): string {
  return isTensor(value) || value instanceof Variable ? `${value.dtype} ${formatShape(value.shape)}` : typeof value;
}

function checkParameters(name: string, parameters: unknown): asserts parameters is ParameterRecord {
  const entries = typeof parameters === "object" && parameters !== null ? Object.entries(parameters) : [];
  const others = entries.filter(([, v]) => !(v instanceof Variable)).map(([path]) => path);
  if (entries.length > 0 && others.length === 0) return;
  throw locate(
    new OptionError({
      op: name,
      summary:
        entries.length === 0
          ? "there are no parameters to optimise"
          : `parameters must be variables by path, but ${others
              .slice(0, 5)
              .map((p) => `"${p}"`)
              .join(", ")} ${others.length === 1 ? "is none" : "are none"}`,
      fix: "pass model.parameters(), and see that not all of them are frozen",
    }),
  );
}
