/** Mirrors the image, left and right or top and bottom. */

import { checkOptions } from "@prewitt/core";
import type { NdArray } from "../nd-array.ts";
import { copyOf, extentsOf, type ImageStep, optionError } from "./image-step.ts";

export interface RandomFlipOptions {
  /** "horizontal" exchanges left and right (default), "vertical" top and bottom. */
  readonly direction?: "horizontal" | "vertical" | undefined;
  /** Default ½. */
  readonly probability?: number | undefined;
}

/** Mirrors the image with some probability. */
export function randomFlip(options: RandomFlipOptions = {}): ImageStep {
  checkOptions("randomFlip", options, ["direction", "probability"]);
  const { direction = "horizontal", probability = 0.5 } = options;
  if (direction !== "horizontal" && direction !== "vertical") {
    throw optionError("randomFlip", `direction "${String(direction)}"`, 'direction: "horizontal" or "vertical"');
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw optionError("randomFlip", `probability ${probability}`, "a probability of 0 … 1");
  }
  return (image, random) => {
    const extents = extentsOf("randomFlip", image);
    return random.chance(probability) ? mirrored(image, extents, direction === "horizontal") : image;
  };
}

function mirrored(image: NdArray, [c, h, w]: readonly [number, number, number], horizontal: boolean): NdArray {
  const data = copyOf(image.data);
  for (let row = 0; row < c * h; row++) {
    const from = horizontal ? row : row - (row % h) + h - 1 - (row % h);
    const line = image.data.subarray(from * w, (from + 1) * w);
    data.set(line, row * w);
    if (horizontal) data.subarray(row * w, (row + 1) * w).reverse();
  }
  return { data, shape: image.shape };
}
