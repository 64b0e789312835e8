// Golden cases of resizing, adaptive pooling, padding, transposed convolution, norms and further activations, in float32 and
// in float64.

import type { Tensor } from "@prewitt/core";
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  conv1d,
  convTranspose2d,
  elu,
  groupNorm,
  hardSigmoid,
  hardSwish,
  hardTanh,
  layerNorm,
  leakyRelu,
  localResponseNorm,
  mish,
  pad2d,
  pixelShuffle,
  pixelUnshuffle,
  relu6,
  resize2d,
  selu,
  softsign,
} from "@prewitt/ops";
import { describe, test } from "vitest";
import { type GoldenCase, goldenCases } from "../../../test/goldens/load.ts";
import { checkGolden, type Named } from "./golden-check.ts";

const unary = { hardSigmoid, hardSwish, mish, relu6, selu, softsign } as const;

function compute(c: GoldenCase, t: Named): Tensor {
  const x = t.x as Tensor;
  const { weight, bias } = t;
  switch (c.op) {
    case "convTranspose2d":
      return convTranspose2d(x, weight as Tensor, { ...c.options, bias });
    case "conv1d":
      return conv1d(x, weight as Tensor, { ...c.options, bias });
    case "resize2d":
      return resize2d(x, c.options);
    case "adaptiveAvgPool2d":
      return adaptiveAvgPool2d(x, c.options);
    case "adaptiveMaxPool2d":
      return adaptiveMaxPool2d(x, c.options);
    case "pad2d":
      return pad2d(x, c.options.padding, { mode: c.options.mode });
    case "pixelShuffle":
      return pixelShuffle(x, c.options);
    case "pixelUnshuffle":
      return pixelUnshuffle(x, c.options);
    case "layerNorm":
      return layerNorm(x, { ...c.options, weight, bias });
    case "groupNorm":
      return groupNorm(x, { ...c.options, weight, bias });
    case "localResponseNorm":
      return localResponseNorm(x, c.options);
    case "elu":
      return elu(x, c.options);
    case "hardTanh":
      return hardTanh(x, c.options);
    case "prelu":
      return leakyRelu(x, { negativeSlope: (weight as Tensor).reshape([1, -1, 1, 1]) });
    default:
      return unary[c.op as keyof typeof unary](x);
  }
}

for (const family of ["images", "more-activations", "norms"] as const) {
  describe(family, () => {
    for (const float of ["float32", "float64"] as const) {
      for (const c of goldenCases(family)) {
        test(`${c.name}, ${float}`, () => checkGolden((each, t) => ({ y: compute(each, t) }), c, float));
      }
    }
  });
}
