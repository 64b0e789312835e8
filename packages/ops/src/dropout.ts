/**
 * Dropout: elements set to 0 with probability r, the others scaled by 1/(1 − r), so that the expectation is kept
 * (Srivastava et al., 2014).
 *
 * y_i = x_i / (1 − r) where u_i ≥ r, else 0, with u uniform in [0, 1) drawn from the key. The map is linear in x and
 * its own transpose: x̄ = dropout(ȳ) with the same key. The mask is never stored: the generator makes it again.
 */

import {
  checkOptions,
  defineOp,
  isFloat,
  isTensor,
  type Op,
  sameShape,
  scalarNode,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  uniform,
} from "@prewitt/core";
import { demandFloat, named } from "./operands.ts";
import { Problems } from "./problems.ts";
import { show } from "./window/options.ts";

export const dropoutOp: Op<Record<never, never>> = defineOp<Record<never, never>>({
  name: "dropout",
  inputNames: ["x", "key", "rate"],
  infer: ({ inputs }) => {
    const [x, key, rate] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec];
    const problems = new Problems();
    demandFloat(problems, "x", x);
    if (key.dtype !== "int32" || !sameShape(key.shape, [2])) {
      problems.shape({
        summary: "key must be two int32 words",
        detail: `key is ${key.dtype} [${key.shape.join(", ")}], int32 [2] is needed`,
        fix: 'tensor([seed, step], { dtype: "int32" })',
      });
    }
    if (rate.shape.length !== 0 || !isFloat(rate.dtype)) {
      problems.shape({
        summary: "rate must be a number or a float scalar",
        detail: `rate is ${rate.dtype} [${rate.shape.join(", ")}]`,
        fix: 'rate.reshape([]).cast("float32")',
      });
    }
    problems.throw([named("x", x), named("key", key), named("rate", rate)]);
    return { shape: x.shape, dtype: x.dtype };
  },
  vjp: ({ inputs: [, key, rate], dy }) => [dropoutOp.apply([dy, key as Tensor, rate as Tensor], {}), null, null],
  expand: (inputs) => {
    const [x, key, rate] = inputs as readonly [Tensor, Tensor, Tensor];
    // Compared in float32 whatever the dtype of x: float32 and float64 drop the same elements.
    const kept = uniform(key, x.shape).greaterEqual(rate.cast("float32"));
    const scale = rate.neg().add(1).reciprocal().cast(x.dtype);
    return kept.where(x.mul(scale), 0);
  },
});

export interface DropoutOptions {
  /** Probability of dropping an element, in [0, 1]: a number or a float scalar. */
  readonly rate: TensorLike;
  /** Key of the random numbers, int32 [2]. The same key drops the same elements; a training loop advances it each step. */
  readonly key: Tensor;
}

/**
 * `x` (float) with elements dropped at `rate` and the rest divided by 1 − rate. Keeps no state: equal keys give equal masks.
 * Throws `OptionError` for a rate outside [0, 1] or without a key, `ShapeError`, `DTypeError`.
 *
 * @example dropout(x, { rate: 0.5, key: tensor([seed, step], { dtype: "int32" }) })
 */
export function dropout(x: Tensor, options: DropoutOptions): Tensor {
  checkOptions("dropout", options, ["rate", "key"]);
  const { rate, key } = (options ?? {}) as Partial<DropoutOptions>;
  const problems = new Problems();
  if (!isTensor(rate) && !(typeof rate === "number" && rate >= 0 && rate <= 1)) {
    problems.option({
      summary: "rate must be a number from 0 to 1",
      detail: `rate is ${show(rate)}`,
      fix: "write rate: 0.5",
    });
  }
  if (!isTensor(key)) {
    problems.option({
      summary: "a key is needed",
      detail: `key is ${show(key)}`,
      fix: 'write key: tensor([seed, step], { dtype: "int32" })',
    });
  }
  problems.throwFrom("dropout", [named("x", x)]);
  const probability = isTensor(rate) ? rate : scalarNode(rate as number, "float32");
  return dropoutOp.apply([x, key as Tensor, probability], {});
}
