/** Moves the image by whole pixels. */

import { checkOptions } from "@prewitt/core";
import { checkCount, extentsOf, type ImageStep, windowOf } from "./image-step.ts";

export interface RandomShiftOptions {
  /** Most rows and columns to move by, in either direction. */
  readonly by: number;
  readonly fill?: number | undefined;
}

/** Moves the image by up to `by` pixels in each direction; what comes in at the edge is `fill` (default 0). */
export function randomShift(options: RandomShiftOptions): ImageStep {
  checkOptions("randomShift", options, ["by", "fill"]);
  const { by, fill = 0 } = options;
  checkCount("randomShift", "by", by, 0);
  return (image, random) => {
    const [, h, w] = extentsOf("randomShift", image);
    return windowOf(image, random.integer(-by, by + 1), random.integer(-by, by + 1), h, w, fill);
  };
}
