/** One number a channel, added to every position of a plane: a reshape to [1, O, 1, 1] and an add. */

import { sameShape, type Tensor } from "@prewitt/core";
import { named } from "../operands.ts";
import { Problems } from "../problems.ts";

/** `y` [N, O, …] plus `bias` [O]. */
export function addChannelBias(op: string, y: Tensor, bias: Tensor): Tensor {
  const channels = y.shape[1] as number;
  const problems = new Problems();
  if (!sameShape(bias.shape, [channels])) {
    problems.shape({
      summary: "the bias does not fit the filters",
      detail: `bias has the shape [${bias.shape.join(", ")}], [O] = [${channels}] is needed`,
      fix: bias.size === channels ? `bias.reshape([${channels}])` : `give the bias ${channels} elements`,
    });
  }
  if (bias.dtype !== y.dtype) {
    problems.dtype({
      summary: "the bias must have the dtype of the input",
      detail: `bias is ${bias.dtype}, x is ${y.dtype}`,
      fix: `bias.cast("${y.dtype}")`,
    });
  }
  problems.throwFrom(op, [named("y", y, ["N", "O", "H", "W"]), named("bias", bias, ["O"])]);
  return y.add(bias.reshape([1, channels, ...y.shape.slice(2).map(() => 1)]));
}
