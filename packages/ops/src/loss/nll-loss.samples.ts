/** Samples of `nllLoss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { nllLoss } from "./nll-loss.ts";

const labels = { shape: [4], dtype: "int32", values: [2, 0, 1, 2] } as const;

export const samples: OpSamples = {
  op: "nllLoss",
  cases: [
    { name: "mean", inputs: [{ shape: [4, 3] }, labels], call: (x, y) => nllLoss(x, y) },
    {
      name: "weights, an ignored index, none",
      inputs: [{ shape: [4, 3] }, labels, { shape: [3], domain: [0.5, 2] }],
      call: (x, y, w) => nllLoss(x, y, { classWeights: w, ignoreIndex: 1, reduction: "none" }),
      differentiable: [0],
    },
    {
      name: "pixels, sum",
      inputs: [{ shape: [2, 3, 2, 1] }, { shape: [2, 2, 1], dtype: "uint8", values: [0, 2, 1, 1] }],
      call: (x, y) => nllLoss(x, y, { reduction: "sum" }),
    },
    {
      name: "impossible classes that no label names",
      inputs: [
        { shape: [2, 2], values: [-1, Number.NEGATIVE_INFINITY, -3, -2] },
        { shape: [2], dtype: "int32", values: [0, 1] },
      ],
      call: (x, y) => nllLoss(x, y),
      differentiable: [],
      expected: [[1.5]],
      gradients: [[-0.5, 0, 0, -0.5], null],
    },
  ],
  errors: [
    {
      name: "one-hot labels",
      make: () => nllLoss(zeros([4, 3]), zeros([4, 3])),
      error: "DTypeError",
      message: [
        "[nllLoss] labels must be class indices (int32, uint8)",
        "  logProbabilities: float32 [N=4, C=3]",
        "  labels: float32 [4, 3]",
        "  - labels are float32",
        "  - logProbabilities have [4, 3], labels have [4, 3], [4] is needed",
        "  fix: labels.argmax(1) for one-hot rows, or klDivergence for distributions",
      ],
    },
    {
      name: "labels and weights of other lengths",
      make: () => nllLoss(zeros([4, 3]), zeros([5], { dtype: "int32" }), { classWeights: zeros([4]) }),
      error: "ShapeError",
      message: [
        "[nllLoss] labels must have the shape of logProbabilities without the class axis",
        "  logProbabilities: float32 [N=4, C=3]",
        "  labels: int32 [N=5]",
        "  classWeights: float32 [C=4]",
        "  - logProbabilities have [4, 3], labels have [5], [4] is needed",
        "  - classWeights have the shape [4], [C] = [3] is needed",
        "  fix: labels.reshape([4]), or give logProbabilities one row a label",
      ],
    },
    {
      name: "an index that is none",
      make: () => nllLoss(zeros([4]), zeros([4], { dtype: "int32" }), { ignoreIndex: 1.5 }),
      error: "OptionError",
      message: [
        "[nllLoss] ignoreIndex must be an int32",
        "  logProbabilities: float32 [4]",
        "  labels: int32 [4]",
        "  - ignoreIndex is 1.5",
        "  fix: write ignoreIndex: 255, or leave it out",
      ],
    },
  ],
};
