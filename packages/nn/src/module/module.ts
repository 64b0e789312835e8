/**
 * `Module`: what layers and networks derive from.
 *
 * A module's variables and child modules are its public fields, also inside arrays and plain objects; nothing is
 * registered. `init` names them by path. `forward` is an ordinary method that users write and call.
 */

import {
  type DType,
  guarded,
  locate,
  type Shape,
  StateError,
  session,
  streamKey,
  type Tensor,
  type TensorSpec,
  tensor,
  Variable,
} from "@prewitt/core";
import { drawFrom } from "../initializers/draw.ts";
import type { Initializer } from "../initializers/initializers.ts";
import { wrapForward } from "./call.ts";
import { freeze, freezeSignature, unfreeze } from "./freeze.ts";
import { prepared } from "./prepare.ts";
import { formatModule } from "./print.ts";
import { className, joinPath, ModuleState, moduleState } from "./state.ts";
import {
  type LoadOptions,
  type LoadReport,
  loadStateDict,
  type StateDict,
  type StateDictOptions,
  type StateEntry,
  stateDict,
} from "./state-dict.ts";
import { walk } from "./walk.ts";

/** Any module, whatever its `forward` takes and gives. */
export type AnyModule = Module<never[], unknown>;

/** A module from one tensor to one tensor: what `Sequential` holds. */
export type Layer = AnyModule & { forward(x: Tensor): Tensor };

/**
 * Base class of layers and networks. `Inputs` and `Output` are those of `forward`; tensors in and one tensor out when
 * they are left out.
 *
 * @example
 * class Block extends Module {
 *   conv = new Conv2d({ out: 32, kernel: 3, padding: "same" });
 *   norm = new BatchNorm2d();
 *   forward(x: Tensor): Tensor {
 *     return relu(this.norm.forward(this.conv.forward(x)));
 *   }
 * }
 * const model = init(new Block(), [3, 32, 32]);
 */
export abstract class Module<Inputs extends readonly unknown[] = readonly Tensor[], Output = Tensor> {
  readonly [moduleState] = new ModuleState();

  constructor() {
    wrapForward(this as AnyModule);
  }

  /** The module's function. Write it in the subclass, and call it directly. */
  abstract forward(...inputs: Inputs): Output;

  /**
   * Makes the variables that depend on input sizes. `init` calls it once, before the first `forward`, with shape and
   * dtype of the tensors that reach the module (the batch extent is a stand-in); without inputs when sizes must be
   * known from options. Write it in layers that infer sizes.
   */
  build?(inputs: readonly TensorSpec[] | undefined): void;

  /** What `toString` shows behind the class name. */
  describe?(): string;

  /** Path from the model that `init` was called on, "" for that model; `undefined` before. */
  get path(): string | undefined {
    return this[moduleState].path;
  }

  /** Whether the module is in training mode. Compiled functions that read it are traced again when it changes. */
  get training(): boolean {
    const state = this[moduleState];
    return guarded(() => state.training);
  }

  /** Training mode, or evaluation mode, for this module and all below it. */
  train(mode = true): this {
    for (const { module } of walk(this).modules) module[moduleState].training = mode;
    return this;
  }

  /** Evaluation mode for this module and all below it. */
  eval(): this {
    return this.train(false);
  }

  /**
   * The trainable variables by path: what `grad` and optimisers take. Frozen ones are left out.
   * Throws `StateError` when a layer does not know its input size, see `init`.
   */
  parameters(): Record<string, Variable> {
    const { modules, variables } = prepared(this);
    guarded(() => freezeSignature(modules));
    return Object.fromEntries(
      variables.flatMap(({ path, variable, kind, owner }) =>
        kind === "parameter" && !owner[moduleState].frozen.has(variable) ? [[path, variable]] : [],
      ),
    );
  }

  /** All parameters with their paths, frozen ones too. */
  namedParameters(): [path: string, parameter: Variable][] {
    return prepared(this).variables.flatMap(({ path, variable, kind }) =>
      kind === "parameter" ? [[path, variable]] : [],
    );
  }

  /** Buffers by path: running statistics, counters and integer variables. */
  buffers(): Record<string, Variable> {
    const { variables } = prepared(this);
    return Object.fromEntries(variables.flatMap((v) => (v.kind === "parameter" ? [] : [[v.path, v.variable]])));
  }

  /** This module, at "", and all below it by path. */
  modules(): Record<string, AnyModule> {
    return Object.fromEntries(walk(this).modules.map(({ path, module }) => [path, module]));
  }

  /**
   * Values of parameters and buffers by path, as tensors that later steps do not change. Counters of random layers are
   * left out unless asked for.
   *
   * @example const saved = model.stateDict();
   */
  stateDict(options: StateDictOptions = {}): Record<string, Tensor> {
    return stateDict(this, options);
  }

  /**
   * Assigns values by path. With `strict`, the default, a missing or extra key, or one of another shape or kind, throws
   * `StateError` that lists them all, with the names that are likely meant, and nothing is loaded; without it what fits
   * is loaded, and the report says what did not. Floats are rounded to the model's dtype.
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return loadStateDict(this, dict, options);
  }

  /**
   * Leaves parameters out of `parameters()`. The pattern is matched against the paths of parameters and modules; a
   * module stands for all below it. `*` is any one part of a path, `**` any number of parts.
   * Running statistics of batch norm still follow the batches in training mode: call `eval()` on such modules.
   * Throws `OptionError` when nothing matches.
   *
   * @example
   * model.freeze("features.*");
   * model.freeze("**.bias");
   */
  freeze(pattern: string): this {
    freeze(this, pattern);
    return this;
  }

  /** Takes `freeze` back. */
  unfreeze(pattern: string): this {
    unfreeze(this, pattern);
    return this;
  }

  /**
   * A new parameter, drawn from the stream of this module's path and `name`; for use in `build`. Assign it to the field
   * `name`.
   */
  protected parameter(name: string, shape: Shape, initializer: Initializer, dtype: DType = "float32"): Variable {
    const { path } = this[moduleState];
    if (path === undefined) {
      throw locate(
        new StateError({
          op: className(this),
          summary: `the parameter "${name}" is made before the module has a path, which its random stream needs`,
          fix: "make it in build(inputs), which init calls",
        }),
      );
    }
    const full = joinPath(path, name);
    const values = initializer(shape, drawFrom(streamKey(session.seed, full)));
    const data = dtype === "float64" ? values.slice() : Float32Array.from(values);
    return new Variable(tensor(data, { shape, copy: false }), { name: full });
  }

  /** The tree of modules. */
  toString(): string {
    return formatModule(this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

export type { LoadOptions, LoadReport, StateDict, StateDictOptions, StateEntry };
