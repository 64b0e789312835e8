/**
 * Cross-entropy of logits against class indices or probabilities, with class weights, label smoothing and an ignored index.
 *
 * Terms and formulas stand in `cross-entropy-terms.ts`. The loss of a position is ℓ = −Σ_c q_c λ_c, λ = logSoftmax(l). With
 * ∂λ_c/∂l_k = [c = k] − s_k:
 *
 *   l̄_k = ℓ̄ (s_k Σ_c q_c − q_k),   t̄_c = −ℓ̄ (1 − ε) v_c λ_c
 *
 * so the gradient is softmax minus target, bounded whatever the logits are, and exactly 0 at positions that do not count.
 */

import { checkOptions, defineOp, isFloat, sameShape, stopGradient, type Tensor, type TensorSpec } from "@prewitt/core";
import { channelAxes, demandFloat, named } from "../operands.ts";
import { Problems } from "../problems.ts";
import { logSoftmax } from "../softmax/log-softmax.ts";
import { softmax } from "../softmax/softmax.ts";
import { show } from "../window/options.ts";
import { checkWeights, NO_CLASS, positionShape, readIgnoreIndex } from "./class-labels.ts";
import {
  type CrossEntropyAttributes,
  type Terms,
  termsOfIndices,
  termsOfProbabilities,
} from "./cross-entropy-terms.ts";
import { type Reduction, readReduction } from "./reduction.ts";

const hasProbabilities = (labels: TensorSpec): boolean => isFloat(labels.dtype);

function checkLabels(problems: Problems, logits: TensorSpec, labels: TensorSpec): void {
  const positions = positionShape(logits.shape);
  if (hasProbabilities(labels)) {
    if (labels.dtype !== logits.dtype) {
      problems.dtype({
        summary: "probabilities must have the dtype of the logits",
        detail: `logits are ${logits.dtype}, labels are ${labels.dtype}`,
        fix: `labels.cast("${logits.dtype}")`,
      });
    }
    if (sameShape(labels.shape, logits.shape)) return;
    const indices = sameShape(labels.shape, positions);
    problems.shape({
      summary: "probabilities must have the shape of the logits",
      detail: `logits have [${logits.shape.join(", ")}], labels have [${labels.shape.join(", ")}]`,
      fix: indices ? 'labels.cast("int32") for class indices' : `give labels the shape [${logits.shape.join(", ")}]`,
    });
    return;
  }
  if (labels.dtype === "bool") {
    problems.dtype({
      summary: "labels must be class indices (int32, uint8) or probabilities (float)",
      detail: "labels are bool",
      fix: 'labels.cast("int32")',
    });
  }
  if (sameShape(labels.shape, positions)) return;
  problems.shape({
    summary: "class indices must have the shape of the logits without the class axis",
    detail: `logits have [${logits.shape.join(", ")}], labels have [${labels.shape.join(", ")}], [${positions.join(", ")}] is needed`,
    fix: sameShape(labels.shape, logits.shape)
      ? `labels.cast("${logits.dtype}") for probabilities (one-hot rows)`
      : `labels.reshape([${positions.join(", ")}]), or give logits one row a label`,
  });
}

function termsOf(inputs: readonly Tensor[], attributes: CrossEntropyAttributes): Terms {
  const labels = inputs[1] as Tensor;
  return hasProbabilities(labels) ? termsOfProbabilities(inputs, attributes) : termsOfIndices(inputs, attributes);
}

/** Loss of every position [N, 1, …]. The label's own term is gathered: 0 · −∞ at a masked class would be NaN. */
function lossesOf(inputs: readonly Tensor[], attributes: CrossEntropyAttributes): Tensor {
  const [logits, labels, weights] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
  const logs = logSoftmax(logits, 1);
  const overClasses = { axis: 1, keepDims: true };
  if (hasProbabilities(labels)) return termsOfProbabilities(inputs, attributes).q.mul(logs).sum(overClasses).neg();
  const { index, ignored, labelWeight } = termsOfIndices(inputs, attributes);
  const { labelSmoothing: smoothing } = attributes;
  const own = logs.gather(index, 1).neg().mul(labelWeight);
  if (smoothing === 0) return (ignored as Tensor).where(0, own);
  const classes = logits.shape[1] as number;
  const weighted =
    weights === undefined ? logs : logs.mul(weights.reshape([1, classes, ...logits.shape.slice(2).map(() => 1)]));
  const others = weighted.sum(overClasses).mul(-smoothing / classes);
  return (ignored as Tensor).where(0, own.mul(1 - smoothing).add(others));
}

export const crossEntropyOp = defineOp<CrossEntropyAttributes>({
  name: "crossEntropy",
  inputNames: ["logits", "labels", "classWeights"],
  infer: ({ inputs, attributes: { reduction } }) => {
    const [logits, labels, weights] = inputs as readonly [TensorSpec, TensorSpec, TensorSpec | undefined];
    const problems = new Problems();
    const rank = logits.shape.length;
    demandFloat(problems, "logits", logits);
    if (rank < 2) {
      problems.shape({
        summary: "logits must have the axes [N, C, …]",
        detail: `logits have rank ${rank}`,
        fix: rank === 1 ? "logits.unsqueeze(0) for a batch of one" : "give logits the axes [N, C]",
      });
    } else if (logits.shape[1] === 0) {
      problems.shape({
        summary: "logits have no classes",
        detail: "C = 0",
        fix: "give logits at least 1 class",
      });
    } else {
      checkLabels(problems, logits, labels);
      if (weights !== undefined) checkWeights(problems, "logits", logits, weights);
    }
    const axes = channelAxes(rank);
    const operands = [
      named("logits", logits, axes),
      named("labels", labels, hasProbabilities(labels) ? axes : axes?.filter((a) => a !== "C")),
    ];
    problems.throw(weights === undefined ? operands : [...operands, named("classWeights", weights, ["C"])]);
    return { shape: reduction === "none" ? positionShape(logits.shape) : [], dtype: logits.dtype };
  },
  flops: ({ inputs: [logits] }) => 4 * (logits as TensorSpec).shape.reduce((size, n) => size * n, 1),
  vjp: ({ inputs, dy, attributes, needs }) => {
    const [logits, , weights] = inputs as readonly [Tensor, Tensor, Tensor | undefined];
    const { q, total, ignored, divisor } = termsOf(inputs, attributes);
    const { reduction, labelSmoothing } = attributes;
    const g = reduction === "none" ? dy.unsqueeze(1) : reduction === "mean" ? dy.div(divisor) : dy;
    const slope = (): Tensor => {
      const s = softmax(logits, 1);
      const d = (total === undefined ? s : s.mul(total)).sub(q).mul(g);
      return ignored === undefined ? d : ignored.where(0, d);
    };
    const labelSlope = (): Tensor => {
      const d = logSoftmax(logits, 1).mul(g.mul(labelSmoothing - 1));
      return weights === undefined
        ? d
        : d.mul(weights.reshape([1, weights.size, ...logits.shape.slice(2).map(() => 1)]));
    };
    const entries = [needs(0) ? slope() : null, needs(1) ? labelSlope() : null];
    return weights === undefined ? entries : [...entries, null];
  },
  expand: (inputs, attributes) => {
    const losses = lossesOf(inputs, attributes);
    if (attributes.reduction === "none") return losses.reshape(positionShape((inputs[0] as Tensor).shape));
    const sum = losses.sum();
    return attributes.reduction === "sum" ? sum : sum.div(termsOf(inputs, attributes).divisor);
  },
});

export interface CrossEntropyOptions {
  /** Weight of each class, [C], of the dtype of the logits. A constant: no gradient flows into it. */
  readonly classWeights?: Tensor | undefined;
  /** ε in [0, 1]: the target is mixed with the uniform distribution, (1 − ε) target + ε/C. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** Class index whose positions do not count, neither in the sum nor in the mean. Default −100, which no class has. */
  readonly ignoreIndex?: number | undefined;
  /** "mean" (default), "sum", or "none" for a loss a position, [N, …]. */
  readonly reduction?: Reduction | undefined;
}

function readSmoothing(problems: Problems, value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  problems.option({
    summary: "labelSmoothing must be a number from 0 to 1",
    detail: `labelSmoothing is ${show(value)}`,
    fix: "write labelSmoothing: 0.1",
  });
  return 0;
}

function readIgnored(problems: Problems, value: unknown, labels: Tensor): number {
  if (value === undefined) return NO_CLASS;
  const index = readIgnoreIndex(problems, value);
  if (hasProbabilities(labels)) {
    problems.option({
      summary: "ignoreIndex needs labels that are class indices",
      detail: `labels are ${labels.dtype}: probabilities`,
      fix: "leave ignoreIndex out, or pass int32 class indices",
    });
  }
  return index;
}

/**
 * Cross-entropy of `logits` [N, C, …] (before the softmax), the loss of classification and, with [N, C, H, W], of
 * segmentation. `labels` are class indices, int32 or uint8 [N, …], or probabilities of the shape and dtype of the logits.
 *
 * The mean divides by the sum of the class weights of the labels that count (1 each without weights), for
 * probabilities by the number of positions. If none counts it is 0/0 = NaN, as in PyTorch. The gradient in the logits is
 * softmax − target, finite at any finite logits; probabilities get a gradient too.
 *
 * Throws `ShapeError`, `DTypeError`, `OptionError`; evaluation throws `IndexError` for a label outside 0 … C − 1.
 *
 * @example
 * crossEntropy(logits, labels)                                            // [32, 10], [32]
 * crossEntropy(logits, mask, { ignoreIndex: 255, classWeights: weights }) // [N, 21, H, W], [N, H, W]
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions("crossEntropy", options, ["classWeights", "labelSmoothing", "ignoreIndex", "reduction"]);
  const problems = new Problems();
  const attributes = {
    reduction: readReduction(problems, options.reduction),
    labelSmoothing: readSmoothing(problems, options.labelSmoothing),
    ignoreIndex: readIgnored(problems, options.ignoreIndex, labels),
  };
  problems.throwFrom("crossEntropy", [named("logits", logits, channelAxes(logits.rank)), named("labels", labels)]);
  const { classWeights } = options;
  const inputs = classWeights === undefined ? [logits, labels] : [logits, labels, stopGradient(classWeights)];
  return crossEntropyOp.apply(inputs, attributes);
}
