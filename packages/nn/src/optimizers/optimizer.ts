/**
 * What optimisers have in common: parameters by path and in groups, slots and counters as variables, and one step from a
 * record of gradients.
 *
 * Hyper-parameters are float64 scalar variables (`hyper-parameters.ts`): a schedule, or anybody, assigns them and no compiled
 * step is traced again. A group has variables for what it sets itself and shares the others. Scalar arithmetic (bias corrections and the like) is done in float64 and rounded to the parameter's dtype, as PyTorch
 * does.
 */

import {
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
import { type GroupPattern, splitGroups } from "./groups.ts";
import { beforeEachCall, HyperParameters, type HyperRange } from "./hyper-parameters.ts";

/** Variables by path, as `model.parameters()` gives them. */
export type ParameterRecord = Readonly<Record<string, Variable>>;

/** Gradients by the same paths, as `grad(loss, model.parameters())` gives them. */
export type ParameterGradients = Readonly<Record<string, Tensor>>;

/** Parameters that share their hyper-parameters. */
export interface ParameterGroup {
  readonly paths: readonly string[];
  /** The variable of a hyper-parameter, by name; undefined where it is 0 and left out. */
  readonly hyper: (name: string) => Variable | undefined;
}

/** What an optimiser was given beside the parameters: values of its hyper-parameters, and of groups. */
export interface OptimizerSettings {
  readonly hyper: Readonly<Record<string, HyperRange>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Each with `params`, and values under the names of `hyper`. */
  readonly groups?: readonly (GroupPattern & Readonly<Record<string, unknown>>)[] | undefined;
  /** Options of a group as users write them, where they differ from the names of `hyper`. */
  readonly groupOptions?: readonly string[] | undefined;
}

export abstract class Optimizer {
  readonly parameters: ParameterRecord;
  /** Scalar variable; assign it to change the rate, unless a schedule writes it. */
  readonly learningRate: Variable;
  /** Steps taken: an int32 scalar variable. */
  readonly steps: Variable;
  /** The groups in order, then one of the parameters that no group has, if there are any. */
  readonly groups: readonly ParameterGroup[];
  readonly #name: string;
  readonly #hyper: HyperParameters;
  readonly #slots = new Map<string, ReadonlyMap<string, Variable>>();

  /** Throws `OptionError` for no parameters, values out of range, and patterns of groups that match nothing. */
  constructor(name: string, parameters: ParameterRecord, settings: OptimizerSettings) {
    this.#name = name;
    checkParameters(name, parameters);
    this.parameters = { ...parameters };
    this.#hyper = new HyperParameters(name);
    const { hyper, values, groups = [] } = settings;
    const names = Object.keys(hyper);
    const shared = new Map(names.map((key) => [key, this.#hyper.add(key, values[key], hyper[key] as HyperRange)]));
    const split = splitGroups(name, groups, Object.keys(parameters), settings.groupOptions ?? names);
    const own = groups.map((group, i) => {
      const variables = new Map(shared);
      for (const key of names) {
        if (group[key] === undefined) continue;
        variables.set(key, this.#hyper.add(key, group[key], hyper[key] as HyperRange, `groups.${i}.`));
      }
      return { paths: split.groups[i] as readonly string[], hyper: (key: string) => variables.get(key) };
    });
    const rest = { paths: split.rest, hyper: (key: string) => shared.get(key) };
    this.groups = split.rest.length > 0 ? [...own, rest] : own;
    this.learningRate = shared.get("learningRate") as Variable;
    this.steps = new Variable(tensor(0, { dtype: "int32" }), { name: `${name}.steps` });
  }

  /** Hyper-parameters by name: `learningRate`, and `groups.0.learningRate` for the first group's own. */
  get hyperParameters(): Readonly<Record<string, Variable>> {
    return Object.fromEntries(this.#hyper.variables);
  }

  /** Names of the hyper-parameters that a schedule of this optimiser writes before each step. */
  get scheduled(): readonly string[] {
    return this.#hyper.scheduled;
  }

  /** The hyper-parameter of the parameters without a group. */
  protected shared(name: string): Variable | undefined {
    return this.#hyper.variables.get(name);
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
    if (this.#hyper.scheduled.length > 0) beforeEachCall(() => this.#hyper.write(this.steps.read().itemSync()));
    withScope(this.#name, () => {
      const steps = this.steps.read().add(1);
      this.steps.assign(steps);
      for (const group of this.groups) {
        this.update(
          group,
          group.paths.map((path) => [path, gradients[path] as Tensor]),
          steps,
        );
      }
    });
  }

  /** Assigns parameters and slots of one group. `steps` counts this step too. */
  protected abstract update(
    group: ParameterGroup,
    gradients: readonly (readonly [path: string, gradient: Tensor])[],
    steps: Tensor,
  ): void;

  /** Values of slots, counters and hyper-parameters: scalars by name, slots as `name/path`. */
  stateDict(): Record<string, Tensor> {
    return snapshot([...this.#variables()]);
  }

  /** Assigns what `stateDict` gave. Strict as `Module.loadStateDict`. */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return assignState("loadStateDict", this.#variables(), new Set(), dict, options);
  }

  #variables(): Map<string, Variable> {
    const variables = new Map(this.#hyper.variables);
    variables.set("steps", this.steps);
    for (const [name, slot] of this.#slots) for (const [path, v] of slot) variables.set(`${name}/${path}`, v);
    return variables;
  }

  /** One variable of zeros for each parameter, by path; for those in groups where `wanted` holds, if it is given. */
  protected slot(name: string, wanted: (group: ParameterGroup) => boolean = () => true): ReadonlyMap<string, Variable> {
    const slot = new Map(
      this.groups.filter(wanted).flatMap(({ paths }) =>
        paths.map((path) => {
          const { shape, dtype } = this.parameters[path] as Variable;
          return [path, new Variable(zeros(shape, { dtype }), { name: `${this.#name}.${name}/${path}` })] as const;
        }),
      ),
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
