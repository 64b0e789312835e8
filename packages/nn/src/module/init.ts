/**
 * `init`: names the modules of a model, infers the sizes of its layers, and draws their weights.
 *
 * Sizes come from one run of `forward` on symbolic inputs inside a trace: shapes are checked, nothing is computed, and
 * assignments (running statistics, counters) are dropped with the trace. Each layer is built outside of the trace, when
 * its call begins.
 */

import {
  captureSite,
  checkOptions,
  type DType,
  formatSite,
  isTensor,
  locate,
  OptionError,
  PrewittError,
  type Shape,
  session,
  type TensorSpec,
  Trace,
  TraceError,
} from "@prewitt/core";
import { observed } from "./call.ts";
import type { AnyModule } from "./module.ts";
import { Builder, buildRest, nameModules } from "./prepare.ts";

export interface InitOptions {
  /** Dtype of the inputs; a layer's weights have that of the input that reaches it. Default float32. */
  readonly dtype?: DType | undefined;
}

/** One input without its batch axis, `[1, 28, 28]`, or several. */
export type InputShape = Shape | readonly Shape[];

/** Stands for the batch in shapes: more than one, so that an axis of size 1 is not taken for it. */
const BATCH = 2;

function isShape(value: unknown): value is Shape {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** One shape per input. Throws `OptionError` for anything else. */
export function readInputShape(op: string, inputShape: InputShape): Shape[] {
  if (isShape(inputShape)) return [inputShape];
  if (Array.isArray(inputShape) && inputShape.every(isShape)) return [...(inputShape as readonly Shape[])];
  throw locate(
    new OptionError({
      op,
      summary: `${JSON.stringify(inputShape)} is no input shape`,
      fix: "pass channels, height and width without the batch, [1, 28, 28], or a list of such shapes",
    }),
  );
}

/** Calls `forward` on symbolic inputs. Nothing is computed or assigned. */
export function runOnShapes(model: AnyModule, specs: readonly TensorSpec[]): unknown {
  const trace = new Trace();
  const outer = session.trace;
  session.trace = trace;
  try {
    return (model.forward as (...inputs: unknown[]) => unknown)(...specs.map((spec) => trace.input(spec)));
  } finally {
    session.trace = outer;
  }
}

/**
 * Prepares a model for inputs of `inputShape` and returns it: every layer learns its input sizes and gets its weights.
 * A second call keeps what is there and builds only what is new.
 *
 * Throws what the ops throw when shapes do not fit, `StateError` for layers whose sizes remain unknown, and
 * `TraceError` inside `compile`. A model that could not be initialised stays as it was.
 *
 * @example
 * const model = init(new Net(), [1, 28, 28]);
 * const siamese = init(new Siamese(), [[3, 64, 64], [3, 64, 64]]);
 */
export function init<M extends AnyModule>(model: M, inputShape: InputShape, options: InitOptions = {}): M {
  const site = captureSite(init);
  checkOptions("init", options, ["dtype"]);
  const shapes = readInputShape("init", inputShape);
  if (session.trace !== undefined) {
    throw locate(
      new TraceError({ op: "init", summary: "a model cannot be initialised inside compile", fix: "call init before" }),
    );
  }
  const { dtype = "float32" } = options;
  const found = nameModules(model);
  const builder = new Builder();
  try {
    const observer = {
      enter: (module: AnyModule, inputs: readonly unknown[]) =>
        builder.build(
          module,
          inputs.filter(isTensor).map((t) => ({ shape: t.shape, dtype: t.dtype })),
        ),
    };
    const specs = shapes.map((shape) => ({ shape: [BATCH, ...shape], dtype }));
    observed(
      found.modules.map((m) => m.module),
      observer,
      () => runOnShapes(model, specs),
    );
    buildRest(
      found,
      builder,
      "init",
      "forward did not reach these layers, so their input sizes are not known",
      "call them in forward, give `in` to them, or remove them",
    );
    nameModules(model);
  } catch (error) {
    builder.undo();
    // Between the layer and the user's line lie more frames than are captured.
    if (error instanceof PrewittError) throw error.fill({ at: formatSite(site) });
    throw error;
  }
  return model;
}
