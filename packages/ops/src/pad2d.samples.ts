/** Samples of `pad2d`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { type PadMode, pad2d } from "./pad2d.ts";

const row = { shape: [1, 1, 1, 3], values: [1, 2, 3] } as const;
const modes = (mode: PadMode, expected: readonly number[], gradient: readonly number[]) => ({
  name: `${mode}: a row`,
  inputs: [row],
  call: (x: Parameters<typeof pad2d>[0]) =>
    pad2d(
      x,
      [
        [0, 0],
        [2, 1],
      ],
      { mode },
    ), // prettier-ignore
  expected: [expected],
  gradients: [gradient],
});

export const samples: OpSamples = {
  op: "pad2d",
  cases: [
    { name: "constant", inputs: [{ shape: [2, 2, 3, 2] }], call: (x) => pad2d(x, [1, 2], { value: 0.5 }) },
    { name: "reflect", inputs: [{ shape: [1, 2, 3, 4] }], call: (x) => pad2d(x, 2, { mode: "reflect" }) },
    modes("constant", [0, 0, 1, 2, 3, 0], [1, 1, 1]),
    modes("reflect", [3, 2, 1, 2, 3, 2], [1, 3, 2]),
    modes("replicate", [1, 1, 1, 2, 3, 3], [3, 1, 2]),
    modes("circular", [2, 3, 1, 2, 3, 1], [2, 2, 2]),
  ],
  errors: [
    {
      name: "a reflection beyond the image",
      make: () => pad2d(zeros([1, 1, 8, 2]), 2, { mode: "reflect" }),
      error: "ShapeError",
      message: [
        "[pad2d] the image is too small to reflect that far",
        "  x: float32 [N=1, C=1, H=8, W=2]",
        "  - W = 2 allows 1 cell a side, padding has 2",
        '  fix: pad W by at most 1 cell a side, or use mode: "replicate"',
      ],
    },
    {
      name: "an unknown mode, and sides that are none",
      make: () => pad2d(zeros([1, 1, 8, 8]), [[1, 2], 3] as never, { mode: "mirror" as PadMode }),
      error: "OptionError",
      message: [
        "[pad2d] padding must be a number, [vertical, horizontal] or [[top, bottom], [left, right]]",
        "  x: float32 [N=1, C=1, H=8, W=8]",
        "  - padding is [[1, 2], 3]",
        '  - mode is "mirror"',
        "  fix: use 1, or [[0, 1], [0, 1]]",
      ],
    },
    {
      name: "a value for a reflection",
      make: () => pad2d(zeros([1, 1, 8, 8]), 2, { mode: "reflect", value: 1 }),
      error: "OptionError",
      message: [
        '[pad2d] value goes with mode "constant" only',
        "  x: float32 [N=1, C=1, H=8, W=8]",
        '  - mode is "reflect", value is 1',
        "  fix: leave value out",
      ],
    },
  ],
};
