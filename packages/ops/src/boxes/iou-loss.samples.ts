/** Samples of `iouLoss`. */

import { type OpSamples, zeros } from "@prewitt/core";
import { iouLoss } from "./iou-loss.ts";

// Overlapping, apart, one inside the other.
const boxes = { shape: [3, 4], values: [0, 0, 2, 2, 0, 0.5, 1, 1.5, 1, 1, 4, 5] } as const;
const truth = { shape: [3, 4], values: [0.5, 0.75, 3, 2.5, 2, 3, 3.5, 4, 2, 2, 3, 3] } as const;

export const samples: OpSamples = {
  op: "iouLoss",
  cases: [
    { name: "iou", inputs: [boxes, truth], call: (p, t) => iouLoss(p, t, { kind: "iou", reduction: "none" }) },
    { name: "giou", inputs: [boxes, truth], call: (p, t) => iouLoss(p, t) },
    { name: "diou", inputs: [boxes, truth], call: (p, t) => iouLoss(p, t, { kind: "diou", reduction: "sum" }) },
    {
      name: "two boxes a unit apart",
      inputs: [
        { shape: [1, 4], values: [0, 0, 1, 1] },
        { shape: [1, 4], values: [2, 0, 3, 1] },
      ],
      call: (p, t) => [
        iouLoss(p, t, { kind: "iou", eps: 0 }),
        iouLoss(p, t, { kind: "giou", eps: 0 }),
        iouLoss(p, t, { kind: "diou", eps: 0 }),
      ],
      differentiable: [],
      expected: [[1], [4 / 3], [1.4]],
    },
    {
      name: "boxes without area",
      inputs: [
        { shape: [1, 4], values: [1, 1, 1, 1] },
        { shape: [1, 4], values: [1, 1, 1, 1] },
      ],
      call: (p, t) => iouLoss(p, t),
      differentiable: [],
      expected: [[1]],
    },
  ],
  errors: [
    {
      name: "another number of boxes",
      make: () => iouLoss(zeros([3, 4]), zeros([2, 4])),
      error: "ShapeError",
      message: [
        "[iouLoss] prediction and target must have one shape",
        "  prediction: float32 [3, 4]",
        "  target: float32 [2, 4]",
        "  - prediction has [3, 4], target has [2, 4]",
        "  fix: give target the shape [3, 4]",
      ],
    },
    {
      name: "an unknown kind",
      make: () => iouLoss(zeros([3, 4]), zeros([3, 4]), { kind: "ciou" as "iou" }),
      error: "OptionError",
      message: [
        '[iouLoss] kind must be "iou", "giou" or "diou"',
        "  prediction: float32 [3, 4]",
        "  target: float32 [3, 4]",
        '  - kind is "ciou"',
        '  fix: write kind: "giou"',
      ],
    },
  ],
};
