/** Samples of `crossEntropy`. */

import { type OpSamples, type SampleInput, tensor, zeros } from "@prewitt/core";
import { crossEntropy } from "./cross-entropy.ts";

const labels: SampleInput = { shape: [5], dtype: "int32", values: [2, 0, 1, -100, 0] };
const pixels: SampleInput = { shape: [2, 2, 2], dtype: "uint8", values: [0, 1, 255, 2, 2, 0, 1, 255] };
const weights: SampleInput = { shape: [3], domain: [0.5, 2] };

export const samples: OpSamples = {
  op: "crossEntropy",
  cases: [
    { name: "mean", inputs: [{ shape: [5, 3] }, labels], call: (l, y) => crossEntropy(l, y) },
    {
      name: "weights, smoothing, sum",
      inputs: [{ shape: [5, 3] }, labels, weights],
      call: (l, y, w) => crossEntropy(l, y, { classWeights: w, labelSmoothing: 0.1, reduction: "sum" }),
      differentiable: [0],
    },
    {
      name: "smoothing without weights",
      inputs: [{ shape: [5, 3] }, labels],
      call: (l, y) => crossEntropy(l, y, { labelSmoothing: 0.25 }),
    },
    {
      name: "pixels, ignored ones, weights, smoothing",
      inputs: [{ shape: [2, 3, 2, 2] }, pixels, weights],
      call: (l, y, w) => crossEntropy(l, y, { ignoreIndex: 255, classWeights: w, labelSmoothing: 0.2 }),
      differentiable: [0],
    },
    {
      name: "pixels, none",
      inputs: [{ shape: [2, 3, 2, 2] }, pixels],
      call: (l, y) => crossEntropy(l, y, { ignoreIndex: 255, reduction: "none" }),
    },
    {
      name: "probabilities",
      inputs: [{ shape: [4, 3] }, { shape: [4, 3], domain: [0.1, 0.6] }],
      call: (l, t) => crossEntropy(l, t),
    },
    {
      name: "probabilities of pixels, weights, smoothing",
      inputs: [{ shape: [2, 3, 2, 1] }, { shape: [2, 3, 2, 1], domain: [0.1, 0.6] }, weights],
      call: (l, t, w) => crossEntropy(l, t, { classWeights: w, labelSmoothing: 0.1, reduction: "none" }),
      differentiable: [0, 1],
    },
    {
      name: "logits of 0, ±10³ and ±10⁴: softmax minus target",
      inputs: [
        { shape: [4, 2], values: [0, 0, 1000, -1000, 10000, -10000, 10000, -10000] },
        { shape: [4], dtype: "int32", values: [0, 0, 0, 1] },
      ],
      call: (l, y) => crossEntropy(l, y, { reduction: "none" }),
      differentiable: [],
      expected: [[Math.LN2, 0, 0, 20000]],
      gradients: [[-0.5, 0.5, 0, 0, 0, 0, 1, -1], null],
    },
    {
      name: "a class that is ruled out by −∞",
      inputs: [
        { shape: [1, 3], values: [0, Number.NEGATIVE_INFINITY, 0] },
        { shape: [1], dtype: "int32", values: [2] },
      ],
      call: (l, y) => crossEntropy(l, y),
      differentiable: [],
      expected: [[Math.LN2]],
      gradients: [[0.5, 0, -0.5], null],
    },
    {
      name: "an ignored position gets exactly 0, even from NaN",
      inputs: [
        { shape: [2, 2], values: [Number.NaN, 1, 0, 0] },
        { shape: [2], dtype: "int32", values: [1, 0] },
      ],
      call: (l, y) => crossEntropy(l, y, { ignoreIndex: 1 }),
      differentiable: [],
      expected: [[Math.LN2]],
      gradients: [[0, 0, -0.5, 0.5], null],
    },
  ],
  errors: [
    {
      name: "a label outside the classes",
      make: () => crossEntropy(zeros([3, 10]), tensor([1, 10, 2], { dtype: "int32" })).dataSync(),
      error: "IndexError",
      message: [
        "[crossEntropy] index 10 at position [1, 0] is outside axis 1 of extent 10",
        "  - index = 10, but 0 ≤ index < 10 is demanded",
        "  fix: keep indices in 0 … 9",
      ],
    },
    {
      name: "labels for another batch",
      make: () => crossEntropy(zeros([32, 10]), zeros([16], { dtype: "int32" })),
      error: "ShapeError",
      message: [
        "[crossEntropy] class indices must have the shape of the logits without the class axis",
        "  logits: float32 [N=32, C=10]",
        "  labels: int32 [N=16]",
        "  - logits have [32, 10], labels have [16], [32] is needed",
        "  fix: labels.reshape([32]), or give logits one row a label",
      ],
    },
    {
      name: "indices as floats",
      make: () => crossEntropy(zeros([32, 10]), zeros([32])),
      error: "ShapeError",
      message: [
        "[crossEntropy] probabilities must have the shape of the logits",
        "  logits: float32 [N=32, C=10]",
        "  labels: float32 [32]",
        "  - logits have [32, 10], labels have [32]",
        '  fix: labels.cast("int32") for class indices',
      ],
    },
    {
      name: "one-hot integers",
      make: () => crossEntropy(zeros([32, 10]), zeros([32, 10], { dtype: "uint8" })),
      error: "ShapeError",
      message: [
        "[crossEntropy] class indices must have the shape of the logits without the class axis",
        "  logits: float32 [N=32, C=10]",
        "  labels: uint8 [32, 10]",
        "  - logits have [32, 10], labels have [32, 10], [32] is needed",
        '  fix: labels.cast("float32") for probabilities (one-hot rows)',
      ],
    },
    {
      name: "logits of one sample",
      make: () => crossEntropy(zeros([10]), zeros([1], { dtype: "int32" })),
      error: "ShapeError",
      message: [
        "[crossEntropy] logits must have the axes [N, C, …]",
        "  logits: float32 [10]",
        "  labels: int32 [1]",
        "  - logits have rank 1",
        "  fix: logits.unsqueeze(0) for a batch of one",
      ],
    },
    {
      name: "weights of other classes",
      make: () => crossEntropy(zeros([4, 10]), zeros([4], { dtype: "int32" }), { classWeights: zeros([9]) }),
      error: "ShapeError",
      message: [
        "[crossEntropy] classWeights must have one number a class",
        "  logits: float32 [N=4, C=10]",
        "  labels: int32 [N=4]",
        "  classWeights: float32 [C=9]",
        "  - classWeights have the shape [9], [C] = [10] is needed",
        "  fix: give classWeights 10 elements",
      ],
    },
    {
      name: "options out of range",
      make: () => crossEntropy(zeros([4, 10]), zeros([4, 10]), { labelSmoothing: 2, ignoreIndex: 3 }),
      error: "OptionError",
      message: [
        "[crossEntropy] labelSmoothing must be a number from 0 to 1",
        "  logits: float32 [N=4, C=10]",
        "  labels: float32 [4, 10]",
        "  - labelSmoothing is 2",
        "  - labels are float32: probabilities",
        "  fix: write labelSmoothing: 0.1",
      ],
    },
  ],
};
