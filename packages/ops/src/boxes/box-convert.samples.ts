/** Samples of `boxConvert`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { boxConvert } from "./box-convert.ts";

export const samples: OpSamples = {
  op: "boxConvert",
  cases: [
    {
      name: "every form of one box",
      inputs: [{ shape: [1, 4], values: [1, 2, 4, 8] }],
      call: (b) => [
        boxConvert(b, { from: "xyxy", to: "cxcywh" }),
        boxConvert(b, { from: "xyxy", to: "xywh" }),
        boxConvert(b, { from: "cxcywh", to: "xyxy" }),
        boxConvert(b, { from: "cxcywh", to: "xywh" }),
        boxConvert(b, { from: "xywh", to: "xyxy" }),
        boxConvert(b, { from: "xywh", to: "cxcywh" }),
      ],
      expected: [
        [2.5, 5, 3, 6],
        [1, 2, 3, 6],
        [-1, -2, 3, 6],
        [-1, -2, 4, 8],
        [1, 2, 5, 10],
        [3, 6, 4, 8],
      ],
    },
    {
      name: "of any rank",
      inputs: [{ shape: [2, 3, 4] }],
      call: (b) => boxConvert(b, { from: "cxcywh", to: "xyxy" }),
    },
  ],
  errors: [
    {
      name: "five numbers a box",
      make: () => boxConvert(zeros([3, 5]), { from: "xyxy", to: "xywh" }),
      error: "ShapeError",
      message: [
        "[boxConvert] boxes must have a last axis of 4",
        "  boxes: float32 [3, 5]",
        "  - boxes has [3, 5]",
        "  fix: give boxes the shape [N, 4]",
      ],
    },
    {
      name: "an unknown form",
      make: () => boxConvert(zeros([3, 4]), { from: "yolo" as "xyxy", to: "xywh" }),
      error: "OptionError",
      message: [
        '[boxConvert] from must be "xyxy", "cxcywh" or "xywh"',
        "  boxes: float32 [3, 4]",
        '  - from is "yolo"',
        '  fix: write from: "xyxy"',
      ],
    },
  ],
};
