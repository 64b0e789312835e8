/** Samples of `maxPool2d`. */

import { type OpCase, type OpSamples, type Shape, sizeOf, zeros } from "@prewitt/core";
import { distinct } from "../sample-values.ts";
import { type MaxPool2dOptions, maxPool2d, maxPool2dWithIndex } from "./max-pool2d.ts";

function sample(name: string, shape: Shape, options: MaxPool2dOptions): OpCase {
  return { name, inputs: [{ shape, values: distinct(sizeOf(shape)) }], call: (x) => maxPool2d(x, options) };
}

export const samples: OpSamples = {
  op: "maxPool2d",
  cases: [
    sample("2×2", [2, 2, 4, 6], { kernel: 2 }),
    sample("3×3, stride 2, padding 1", [1, 2, 5, 7], { kernel: 3, stride: 2, padding: 1 }),
    sample("overlapping, asymmetric padding", [1, 2, 4, 5], {
      kernel: [2, 3],
      stride: 1,
      padding: [
        [1, 0],
        [0, 2],
      ],
    }), // prettier-ignore
    sample("dilation, ceil mode", [1, 2, 6, 7], { kernel: 2, stride: 2, dilation: [2, 1], ceilMode: true }),
    sample("same", [1, 1, 5, 4], { kernel: 3, stride: 2, padding: "same" }),
    {
      name: "values and indices of the textbook's 4×4",
      inputs: [{ shape: [1, 1, 4, 4], values: [1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4] }],
      call: (x) => {
        const { y, index } = maxPool2dWithIndex(x, 2);
        return [y, index];
      },
      differentiable: [],
      expected: [
        [6, 8, 3, 4],
        [5, 7, 8, 15],
      ],
      gradients: [[0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1]],
    },
    {
      name: "at ties the first in row-major order",
      inputs: [{ shape: [1, 1, 2, 4], values: [5, 5, 1, 7, 5, 5, 7, 2] }],
      call: (x) => maxPool2d(x, 2),
      differentiable: [],
      expected: [[5, 7]],
      gradients: [[1, 0, 0, 1, 0, 0, 0, 0]],
    },
    {
      name: "NaN wins, padding never does",
      inputs: [{ shape: [1, 1, 2, 2], values: [Number.NaN, -3, -2, Number.NEGATIVE_INFINITY] }],
      call: (x) => maxPool2d(x, { kernel: 2, stride: 2, padding: 1 }),
      differentiable: [],
      expected: [[Number.NaN, -3, -2, Number.NEGATIVE_INFINITY]],
      gradients: [[1, 1, 1, 1]],
    },
    {
      name: "integers",
      inputs: [{ shape: [1, 1, 2, 2], dtype: "int32", values: [-4, -9, -7, -5] }],
      call: (x) => maxPool2d(x, { kernel: 2, padding: 1, stride: 3 }),
      expected: [[-4]],
    },
  ],
  errors: [
    {
      name: "one image",
      make: () => maxPool2d(zeros([3, 28, 28]), 2),
      error: "ShapeError",
      message: [
        "[maxPool2d] x must have 4 axes [N, C, H, W]",
        "  x: float32 [3, 28, 28]",
        "  - x has rank 3",
        "  fix: x.unsqueeze(0) for a batch of one image, or x.unsqueeze(1) for images of one channel",
      ],
    },
    {
      name: "a window that does not fit",
      make: () => maxPool2d(zeros([1, 8, 1, 4]), 2),
      error: "ShapeError",
      message: [
        "[maxPool2d] the kernel is larger than the padded input",
        "  x: float32 [N=1, C=8, H=1, W=4]",
        "  - H: 1, but the kernel covers 2",
        "  fix: write padding: [[0, 1], [0, 0]], or use a smaller kernel",
      ],
    },
    {
      name: "a window of padding alone",
      make: () =>
        maxPool2d(zeros([1, 1, 4, 4]), {
          kernel: 2,
          stride: 1,
          padding: [
            [0, 0],
            [2, 0],
          ],
        }), // prettier-ignore
      error: "ShapeError",
      message: [
        "[maxPool2d] a window lies in the padding alone",
        "  x: float32 [N=1, C=1, H=4, W=4]",
        "  - W: window 0 reads -2 … -1, the input has 0 … 3",
        "  fix: pad each side of W by less than the window's 2",
      ],
    },
    {
      name: "no kernel",
      make: () => maxPool2d(zeros([1, 1, 4, 4]), {} as MaxPool2dOptions),
      error: "OptionError",
      message: [
        "[maxPool2d] kernel must be an integer of 1 or more, or one for each of [H, W]",
        "  x: float32 [N=1, C=1, H=4, W=4]",
        "  - kernel is undefined",
        "  fix: write kernel: 1 or kernel: [1, 1]",
      ],
    },
    {
      name: "PyTorch's name of the kernel",
      make: () => maxPool2d(zeros([1, 1, 4, 4]), { kernelSize: 2 } as unknown as MaxPool2dOptions),
      error: "OptionError",
      message: [
        '[maxPool2d] unknown option "kernelSize"',
        "  - known options: kernel, stride, padding, dilation, ceilMode",
        '  fix: write "kernel"',
      ],
    },
    {
      name: "bool",
      make: () => maxPool2d(zeros([1, 1, 4, 4], { dtype: "bool" }), 2),
      error: "DTypeError",
      message: [
        "[maxPool2d] maxPool2d does not take bool",
        "  x: bool [N=1, C=1, H=4, W=4]",
        "  - x is bool",
        '  fix: x.cast("float32")',
      ],
    },
  ],
};
