/**
 * Negative log-likelihood of class indices, given log-probabilities x [N, C, …]: ℓ = −v_y x_y with v_y the weight of the
 * class. Cross-entropy is this behind `logSoftmax`; its terms (`cross-entropy-terms.ts`) without smoothing are these:
 *
 *   x̄_c = −q_c ℓ̄,   q_c = v_y [c = y], 0 where the position does not count
 */

import { checkOptions, defineOp, isFloat, sameShape, stopGradient, type Tensor, type TensorSpec } from "@prewitt/core";
import { channelAxes, demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { checkWeights, NO_CLASS, positionShape, readIgnoreIndex } from "./class-labels.ts";
import { type CrossEntropyAttributes, termsOfIndices } from "./cross-entropy-terms.ts";
import { type Reduction, readReduction } from "./reduction.ts";

function checkLabels(problems: Problems, x: TensorSpec, labels: TensorSpec): void {
  if (isFloat(labels.dtype) || labels.dtype === "bool") {
    problems.dtype({
      summary: "labels must be class indices (int32, uint8)",
      detail: `labels are ${labels.dtype}`,
      fix: sameShape(labels.shape, x.shape)
        ? "labels.argmax(1) for one-hot rows, or klDivergence for distributions"
        : 'labels.cast("int32")',
    });
  }
  const positions = positionShape(x.shape);
  if (sameShape(labels.shape, positions)) return;
  problems.shape({
    summary: "labels must have the shape of logProbabilities without the class axis",
    detail: `logProbabilities have [${x.shape.join(", ")}], labels have [${labels.shape.join(", ")}], [${positions.join(", ")}] is needed`,
    fix: `labels.reshape([${positions.join(", ")}]), or give logProbabilities one row a label`,
  });
}

export const nllLossOp = defineOp<CrossEntropyAttributes>({
  name: "nllLoss",
  inputNames: ["logProbabilities", "labels", "classWeights"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [x, labels, weights] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec | undefined];
    const problems = new Problems();
    const rank = x.shape.length;
    demandFloat(problems, "logProbabilities", x);
    if (rank < 2) {
      problems.shape({
        summary: "logProbabilities must have the axes [N, C, …]",
        detail: `logProbabilities have rank ${rank}`,
        fix: rank === 1 ? "logProbabilities.unsqueeze(0) for a batch of one" : "give them the axes [N, C]",
      });
    } else {
      checkLabels(problems, x, labels);
      if (weights !== undefined) checkWeights(problems, "logProbabilities", x, weights);
    }
    const axes = channelAxes(rank);
    const operands = [
      named("logProbabilities", x, axes),
      named(
        "labels",
        labels,
        axes?.filter((a) => a !== "C"),
      ),
    ];
    problems.throw(weights === undefined ? operands : [...operands, named("classWeights", weights, ["C"])]);
    return { shape: reduction === "none" ? positionShape(x.shape) : [], dtype: x.dtype };
  },
  vjp: ({ inputs, dy, attributes }) => {
    const { q, ignored, divisor } = termsOfIndices(inputs, attributes);
    const { reduction } = attributes;
    const g = reduction === "none" ? dy.unsqueeze(1) : reduction === "mean" ? dy.div(divisor) : dy;
    return [(ignored as Tensor).where(0, q.mul(g).neg()), ...inputs.slice(1).map(() => null)];
  },
  expand: (inputs, attributes) => {
    const x = inputs[0] as Tensor;
    const { index, ignored, labelWeight, divisor } = termsOfIndices(inputs, attributes);
    const losses = (ignored as Tensor).where(0, x.gather(index, 1).neg().mul(labelWeight));
    if (attributes.reduction === "none") return losses.reshape(positionShape(x.shape));
    return attributes.reduction === "sum" ? losses.sum() : losses.sum().div(divisor);
  },
});

export interface NllLossOptions {
  /** Weight of each class, [C], of the dtype of the log-probabilities. A constant: no gradient flows into it. */
  readonly classWeights?: Tensor | undefined;
  /** Class index whose positions do not count, neither in the sum nor in the mean. Default −100, which no class has. */
  readonly ignoreIndex?: number | undefined;
  /** "mean" (default; divides by the sum of the weights that count), "sum", or "none" for a loss a position. */
  readonly reduction?: Reduction | undefined;
}

/**
 * Negative log-likelihood of `labels` (int32 or uint8 [N, …]) under `logProbabilities` [N, C, …], which `logSoftmax` makes.
 * For logits use `crossEntropy`, which does both. Throws `ShapeError`, `DTypeError`, `OptionError`; evaluation throws
 * `IndexError` for a label outside 0 … C − 1.
 *
 * @example nllLoss(logSoftmax(logits, 1), labels)
 */
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: NllLossOptions = {}): Tensor {
  checkOptions("nllLoss", options, ["classWeights", "ignoreIndex", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readReduction(problems, options.reduction),
    labelSmoothing: 0,
    ignoreIndex: options.ignoreIndex === undefined ? NO_CLASS : readIgnoreIndex(problems, options.ignoreIndex),
  };
  problems.throwFrom("nllLoss", [named("logProbabilities", logProbabilities), named("labels", labels)]);
  const { classWeights } = options;
  const inputs = [logProbabilities, labels, ...(classWeights === undefined ? [] : [stopGradient(classWeights)])];
  return nllLossOp.apply(inputs, attributes);
}
