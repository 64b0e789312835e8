/** Samples of `channelDropout` and `stochasticDepth`. */

import { type OpSamples, type SampleInput, type Tensor, zeros } from "@prewitt/core";
import { channelDropout, stochasticDepth } from "./channel-dropout.ts";

const key: SampleInput = { shape: [2], dtype: "int32", values: [42, 7] };
const keyTensor = (): Tensor => zeros([2], { dtype: "int32" });

export const channelDropoutSamples: OpSamples = {
  op: "channelDropout",
  cases: [
    { name: "half", inputs: [{ shape: [2, 3, 2, 2] }, key], call: (x, k) => channelDropout(x, { rate: 0.5, key: k }) },
    {
      name: "none",
      inputs: [{ shape: [1, 3], values: [1, 2, 3] }, key],
      call: (x, k) => channelDropout(x, { rate: 0, key: k }),
      expected: [[1, 2, 3]],
      gradients: [[1, 1, 1], null],
    },
  ],
  errors: [
    {
      name: "a vector of integers",
      make: () => channelDropout(zeros([3], { dtype: "int32" }), { rate: 0.5, key: keyTensor() }),
      error: "DTypeError",
      message: [
        "[channelDropout] x must be float32 or float64",
        "  x: int32 [3]",
        "  - x is int32",
        "  - x has rank 1",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};

export const stochasticDepthSamples: OpSamples = {
  op: "stochasticDepth",
  cases: [
    { name: "rows", inputs: [{ shape: [4, 2, 2] }, key], call: (x, k) => stochasticDepth(x, { rate: 0.5, key: k }) },
    {
      name: "the batch",
      inputs: [{ shape: [4, 2] }, key],
      call: (x, k) => stochasticDepth(x, { rate: 0.5, key: k, mode: "batch" }),
    },
    {
      name: "all",
      inputs: [{ shape: [3, 1], values: [1, 2, 3] }, key],
      call: (x, k) => stochasticDepth(x, { rate: 1, key: k }),
      expected: [[0, 0, 0]],
      gradients: [[0, 0, 0], null],
    },
  ],
  errors: [
    {
      name: "an unknown mode",
      make: () => stochasticDepth(zeros([3, 2]), { rate: 0.5, key: keyTensor(), mode: "image" as "row" }),
      error: "OptionError",
      message: [
        '[stochasticDepth] mode must be "row" or "batch"',
        "  x: float32 [N=3, C=2]",
        '  - mode is "image"',
        '  fix: write mode: "row"',
      ],
    },
  ],
};
