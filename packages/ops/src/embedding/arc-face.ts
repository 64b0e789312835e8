/**
 * ArcFace (J. Deng, J. Guo, N. Xue, S. Zafeiriou, CVPR 2019): logits for a softmax over identities with an additive margin m
 * on the angle θ between an embedding and the centre of its own class. With c = cos θ, from `cosines`:
 *
 *   own class    s · f(c),   f(c) = cos(θ + m) = c cos m − √(1 − c²) sin m     where θ + m ≤ π, that is c > −cos m
 *                            f(c) = c − m sin m                                 beyond, so that f keeps falling with θ
 *   others       s · c
 *
 * f' = cos m + c sin m / √(1 − c²) is infinite at c = 1, and rounding takes c past ±1. The sine is √max((1 − c)(1 + c), 10⁻⁶),
 * in which nothing cancels: f differs from cos(θ + m) only for angles below 10⁻³, f' stays below 10³ sin m + 1, and the
 * gradient is that of the f computed. At c = −1 the second branch applies, with slope 1.
 */

import {
  type Attributes,
  checkOptions,
  defineOp,
  derive,
  iota,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";
import { readNumber } from "../loss/number-option.ts";
import { demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";

interface ArcFaceAttributes extends Attributes {
  readonly margin: number;
  readonly scale: number;
}

const LEAST_SQUARE = 1e-6;

/** f(c) */
function withMargin(c: Tensor, margin: number): Tensor {
  const square = c.neg().add(1).mul(c.add(1));
  const sine = square.maximum(LEAST_SQUARE).sqrt();
  const turned = c.mul(Math.cos(margin)).sub(sine.mul(Math.sin(margin)));
  return c.greater(-Math.cos(margin)).where(turned, c.sub(margin * Math.sin(margin)));
}

export const arcFaceOp = defineOp<ArcFaceAttributes>({
  name: "arcFace",
  inputNames: ["cosines", "labels"],
  infer: ({ inputs }) => {
    const [cosines, labels] = inputs as readonly [TensorSpec, TensorSpec];
    const problems = new Problems();
    demandFloat(problems, "cosines", cosines);
    if (labels.dtype !== "int32" && labels.dtype !== "uint8") {
      problems.dtype({
        summary: "labels must be class indices (int32, uint8)",
        detail: `labels are ${labels.dtype}`,
        fix: 'labels.cast("int32")',
      });
    }
    if (cosines.shape.length !== 2 || labels.shape.length !== 1 || cosines.shape[0] !== labels.shape[0]) {
      problems.shape({
        summary: "cosines must be [N, C] and labels [N]",
        detail: `cosines have [${cosines.shape.join(", ")}], labels have [${labels.shape.join(", ")}]`,
        fix: "give cosines one row a label and one column a class",
      });
    }
    problems.throw([named("cosines", cosines, ["N", "C"]), named("labels", labels, ["N"])]);
    return { shape: cosines.shape, dtype: cosines.dtype };
  },
  flops: ({ inputs: [cosines] }) => 2 * sizeOf((cosines as TensorSpec).shape),
  vjp: derive,
  expand: ([cosines, labels], { margin, scale }) => {
    const c = cosines as Tensor;
    const index = (labels as Tensor).cast("int32").unsqueeze(1);
    const own = withMargin(c.gather(index, 1), margin);
    return iota([1, c.shape[1] as number], 1)
      .equal(index)
      .where(own, c)
      .mul(scale);
  },
});

export interface ArcFaceOptions {
  /** Angle m in radians, from 0 to π/2. Default 0.5. */
  readonly margin?: number | undefined;
  /** Factor s of all logits, above 0. Default 64; 16 to 30 train more steadily with few classes. */
  readonly scale?: number | undefined;
}

/**
 * Logits [N, C] for `crossEntropy` from `cosines` [N, C] between unit embeddings and unit class centres, with the margin on
 * each row's own class. Differentiable in the cosines, also at ±1. Throws `ShapeError`, `DTypeError`, `OptionError`;
 * evaluation throws `IndexError` for a label outside 0 … C − 1.
 *
 * @example
 * const cosines = l2Normalize(embedding).matmul(l2Normalize(centres.read()).transpose());   // [N, D], [C, D] → [N, C]
 * const loss = crossEntropy(arcFace(cosines, labels, { margin: 0.3, scale: 16 }), labels);
 */
export function arcFace(cosines: Tensor, labels: Tensor, options: ArcFaceOptions = {}): Tensor {
  checkOptions("arcFace", options, ["margin", "scale"]);
  const problems = new Problems();
  const attributes = {
    margin: readNumber(problems, "margin", options.margin, 0.5, { from: 0, to: Math.PI / 2 }),
    scale: readNumber(problems, "scale", options.scale, 64, { from: 0, open: true }),
  };
  problems.throwFrom("arcFace", [named("cosines", cosines, ["N", "C"]), named("labels", labels, ["N"])]);
  return arcFaceOp.apply([cosines, labels], attributes);
}
