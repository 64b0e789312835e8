/** A window of fixed size at a random place of the image, which may be padded first. */

import { checkOptions, ShapeError } from "@prewitt/core";
import { checkCount, extentsOf, type ImageStep, windowOf } from "./image-step.ts";

export interface RandomCropOptions {
  /** Extent of the result, one number or [height, width]. */
  readonly size: number | readonly [height: number, width: number];
  /** Rows and columns of `fill` added on every side first (default 0). */
  readonly padding?: number | undefined;
  readonly fill?: number | undefined;
}

/** A window of `size` at a random place. Throws `ShapeError` when the padded image is smaller. */
export function randomCrop(options: RandomCropOptions): ImageStep {
  checkOptions("randomCrop", options, ["size", "padding", "fill"]);
  const { size, padding = 0, fill = 0 } = options;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  checkCount("randomCrop", "size", height, 1);
  checkCount("randomCrop", "size", width, 1);
  checkCount("randomCrop", "padding", padding, 0);
  return (image, random) => {
    const [, h, w] = extentsOf("randomCrop", image);
    const rows = h + 2 * padding - height;
    const columns = w + 2 * padding - width;
    if (rows < 0 || columns < 0) {
      throw new ShapeError({
        op: "randomCrop",
        summary: "the image is smaller than the crop",
        operands: [{ name: "image", shape: image.shape, axes: ["C", "H", "W"] }],
        problems: [`padded ${h + 2 * padding} × ${w + 2 * padding}, crop ${height} × ${width}`],
        fix: `padding: ${Math.ceil(Math.max(height - h, width - w) / 2)} or a smaller size`,
      });
    }
    const top = random.integer(0, rows + 1) - padding;
    const left = random.integer(0, columns + 1) - padding;
    return windowOf(image, top, left, height, width, fill);
  };
}
