/**
 * A function with a gradient rule of the user's own.
 *
 * The node reads the function's result and its arguments: its value is the result, and its rule sends the cotangent to
 * the arguments only, so nothing flows through the way the result was computed.
 */

import { ShapeError } from "../errors/errors.ts";
import { type Attributes, defineOp } from "../graph/op.ts";
import { Tensor, type TensorSpec } from "../tensor/tensor.ts";

export interface CustomRuleContext {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly dy: Tensor;
}

interface CustomAttributes extends Attributes {
  readonly rule: (context: CustomRuleContext) => readonly (Tensor | null)[];
}

export const customGradientOp = defineOp<CustomAttributes>({
  name: "customGradient",
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  key: () => null,
  vjp: ({ inputs: [, ...xs], outputs: [y], dy, attributes }) => [
    null,
    ...attributes.rule({ inputs: xs, output: y as Tensor, dy }),
  ],
  expand: ([y]) => y as Tensor,
});

/**
 * `forward` with `rule` as its gradient: `rule({ inputs, output, dy })` returns one tensor or null per argument.
 * Tensors that `forward` captures from outside get no gradient. `jvp` and `hvp` need a rule that is linear in `dy`.
 *
 * @example
 * // straight-through rounding
 * const roundThrough = customGradient((x) => x.round(), ({ dy }) => [dy]);
 */
export function customGradient<Xs extends readonly Tensor[]>(
  forward: (...xs: Xs) => Tensor,
  rule: (context: { readonly inputs: Xs; readonly output: Tensor; readonly dy: Tensor }) => readonly (Tensor | null)[],
): (...xs: Xs) => Tensor {
  return (...xs) => {
    const y = forward(...xs);
    if (!(y instanceof Tensor))
      throw new ShapeError({ op: "customGradient", summary: "forward must return one tensor" });
    return customGradientOp.apply([y, ...xs], { rule: rule as unknown as CustomAttributes["rule"] });
  };
}
