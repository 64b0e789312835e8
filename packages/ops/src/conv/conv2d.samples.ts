/** Samples of `conv2d`. */

import { type OpCase, type OpSamples, type Shape, type Tensor, zeros } from "@prewitt/core";
import { type Conv2dOptions, conv2d } from "./conv2d.ts";

function sample(name: string, x: Shape, weight: Shape, options: Conv2dOptions = {}): OpCase {
  const call = (...[a, b]: readonly Tensor[]): Tensor => conv2d(a as Tensor, b as Tensor, options);
  return { name, inputs: [{ shape: x }, { shape: weight }], call };
}

export const samples: OpSamples = {
  op: "conv2d",
  cases: [
    sample("3×3", [2, 2, 5, 5], [3, 2, 3, 3]),
    sample("1×1", [2, 3, 3, 2], [4, 3, 1, 1]),
    sample("same", [1, 2, 4, 5], [2, 2, 3, 2], { padding: "same" }),
    sample("stride 2, asymmetric padding", [1, 2, 6, 5], [3, 2, 3, 3], {
      stride: 2,
      padding: [
        [1, 0],
        [0, 2],
      ],
    }), // prettier-ignore
    sample("dilation [2, 1]", [1, 1, 7, 4], [2, 1, 3, 2], { dilation: [2, 1], padding: [1, 0] }),
    sample("groups", [2, 4, 4, 4], [6, 2, 3, 3], { groups: 2, padding: 1 }),
    sample("depthwise, stride 2", [1, 3, 5, 5], [3, 1, 3, 3], { groups: 3, stride: 2, padding: 1 }),
    sample("everything at once", [2, 4, 7, 6], [2, 2, 2, 3], {
      stride: [2, 1],
      padding: [
        [2, 1],
        [0, 1],
      ],
      dilation: [1, 2],
      groups: 2,
    }), // prettier-ignore
    {
      name: "with bias",
      inputs: [{ shape: [2, 2, 3, 3] }, { shape: [3, 2, 2, 2] }, { shape: [3] }],
      call: (x, weight, bias) => conv2d(x, weight, { bias }),
    },
    {
      name: "a vertical edge",
      inputs: [
        { shape: [1, 1, 3, 4], values: [0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9] },
        { shape: [1, 1, 3, 3], values: [-1, 0, 1, -1, 0, 1, -1, 0, 1] },
      ],
      call: (x, weight) => conv2d(x, weight),
      expected: [[27, 27]],
      gradients: [
        [-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1],
        [0, 9, 18, 0, 9, 18, 0, 9, 18],
      ],
    },
  ],
  errors: [
    {
      name: "channels",
      make: () => conv2d(zeros([32, 3, 28, 28]), zeros([64, 1, 3, 3])),
      error: "ShapeError",
      message: [
        "[conv2d] the input has 3 channels, the weight reads 1",
        "  x: float32 [N=32, C=3, H=28, W=28]",
        "  weight: float32 [O=64, I=1, KH=3, KW=3]",
        "  - C = 3, but I × groups = 1 × 1 = 1",
        "  fix: give the weight I = 3",
      ],
    },
    {
      name: "ranks of both",
      make: () => conv2d(zeros([28, 28]), zeros([3, 3])),
      error: "ShapeError",
      message: [
        "[conv2d] x must have 4 axes [N, C, H, W]",
        "  x: float32 [28, 28]",
        "  weight: float32 [3, 3]",
        "  - x has rank 2",
        "  - weight has rank 2",
        "  fix: x.reshape([1, 1, 28, 28]) for one image of one channel",
      ],
    },
    {
      name: "a kernel that does not fit, in both directions",
      make: () => conv2d(zeros([1, 1, 4, 3]), zeros([1, 1, 3, 5]), { dilation: [2, 1] }),
      error: "ShapeError",
      message: [
        "[conv2d] the kernel is larger than the padded input",
        "  x: float32 [N=1, C=1, H=4, W=3]",
        "  weight: float32 [O=1, I=1, KH=3, KW=5]",
        "  - H: 4, but the kernel covers 2 × (3 − 1) + 1 = 5",
        "  - W: 3, but the kernel covers 5",
        "  fix: write padding: [[0, 1], [1, 1]], or use a smaller kernel",
      ],
    },
    {
      name: "everything that is wrong",
      make: () => conv2d(zeros([8, 3, 2, 28], { dtype: "uint8" }), zeros([7, 2, 3, 3]), { groups: 2 }),
      error: "DTypeError",
      message: [
        "[conv2d] x and weight must have one float dtype",
        "  x: uint8 [N=8, C=3, H=2, W=28]",
        "  weight: float32 [O=7, I=2, KH=3, KW=3]",
        "  - x is uint8, weight is float32",
        "  - O = 7 is not a multiple of groups = 2",
        "  - C = 3, but I × groups = 2 × 2 = 4",
        "  - H: 2, but the kernel covers 3",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "bytes",
      make: () => conv2d(zeros([8, 1, 28, 28], { dtype: "uint8" }), zeros([4, 1, 3, 3])),
      error: "DTypeError",
      message: [
        "[conv2d] x and weight must have one float dtype",
        "  x: uint8 [N=8, C=1, H=28, W=28]",
        "  weight: float32 [O=4, I=1, KH=3, KW=3]",
        "  - x is uint8, weight is float32",
        '  fix: x.cast("float32")',
      ],
    },
    {
      name: "options out of range",
      make: () => conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 3, 3]), { stride: 0, padding: -1, groups: 1.5 }),
      error: "OptionError",
      message: [
        "[conv2d] groups must be a positive integer",
        "  x: float32 [N=1, C=1, H=4, W=4]",
        "  weight: float32 [O=1, I=1, KH=3, KW=3]",
        "  - groups is 1.5",
        "  - stride is 0",
        "  - padding is -1",
        "  fix: write groups: 1",
      ],
    },
    {
      name: "a misspelt option",
      make: () => conv2d(zeros([1, 1, 4, 4]), zeros([1, 1, 3, 3]), { strides: 2 } as object),
      error: "OptionError",
      message: [
        '[conv2d] unknown option "strides"',
        "  - known options: stride, padding, dilation, groups, bias",
        '  fix: write "stride"',
      ],
    },
    {
      name: "a bias of another length",
      make: () => conv2d(zeros([1, 1, 4, 4]), zeros([6, 1, 3, 3]), { bias: zeros([5]) }),
      error: "ShapeError",
      message: [
        "[conv2d] the bias does not fit the filters",
        "  y: float32 [N=1, O=6, H=2, W=2]",
        "  bias: float32 [O=5]",
        "  - bias has the shape [5], [O] = [6] is needed",
        "  fix: give the bias 6 elements",
      ],
    },
  ],
};
