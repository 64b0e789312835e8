/**
 * An op of a user's own, with its samples: x³, and the same with mistakes that a check must find.
 */

import {
  type Attributes,
  DTypeError,
  defineOp,
  type derive,
  isFloat,
  type Op,
  type OpSamples,
  type Tensor,
  tensor,
  type VjpRule,
} from "@prewitt/core";

type NoAttributes = Record<never, never> & Attributes;

/** x³ under a rule of one's choice; the right one is x̄ = 3 x² ȳ. */
export function cubeWith(vjp: VjpRule<NoAttributes> | typeof derive, name = "cube"): Op<NoAttributes> {
  return defineOp<NoAttributes>({
    name,
    inputNames: ["x"],
    infer: ({ inputs: [x] }) => {
      if (!isFloat(x!.dtype)) throw new DTypeError({ summary: "x must be a float", fix: 'x.cast("float32")' });
      return x!;
    },
    vjp,
    expand: ([x]) => x!.mul(x!).mul(x!),
  });
}

export const cubeOp = cubeWith(({ inputs: [x], dy }) => [dy.mul(x!.square()).mul(3)]);

export function cube(x: Tensor): Tensor {
  return cubeOp.apply([x], {});
}

export const cubeSamples: OpSamples = {
  op: "cube",
  cases: [
    { name: "smooth", inputs: [{ shape: [2, 3] }], call: cube },
    {
      name: "known",
      inputs: [{ shape: [3], values: [-2, 0, 3] }],
      call: cube,
      expected: [[-8, 0, 27]],
      gradients: [[12, 0, 27]],
    },
  ],
  errors: [
    {
      name: "integers",
      make: () => cube(tensor([2], { dtype: "int32" })),
      error: "DTypeError",
      message: ["[cube] x must be a float", "  x: int32 [1]", '  fix: x.cast("float32")'],
    },
  ],
};
