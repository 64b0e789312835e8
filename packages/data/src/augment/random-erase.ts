/**
 * Covers a random rectangle of the image.
 *
 * Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang, "Random erasing data augmentation", AAAI 2020: area and aspect ratio are
 * drawn first, the ratio evenly in its logarithm, and a rectangle that does not fit is drawn again.
 */

import { checkOptions } from "@prewitt/core";
import { copyOf, extentsOf, type ImageStep, optionError } from "./image-step.ts";

export interface RandomEraseOptions {
  /** Share of images that are changed (default ½). */
  readonly probability?: number | undefined;
  /** Range of the rectangle's share of the image (default [0.02, 0.33]). */
  readonly area?: readonly [least: number, most: number] | undefined;
  /** Range of height / width (default [0.3, 3.3]). */
  readonly ratio?: readonly [least: number, most: number] | undefined;
  /** Value inside the rectangle (default 0). */
  readonly fill?: number | undefined;
}

/** Rectangles drawn before the image is left as it is, as torchvision does. */
const TRIES = 10;

/**
 * Sets a random rectangle to `fill` in all channels.
 *
 * Throws `OptionError` for unknown or impossible options.
 *
 * @example augment(randomErase({ probability: 0.5, area: [0.02, 0.2] }))
 */
export function randomErase(options: RandomEraseOptions = {}): ImageStep {
  checkOptions("randomErase", options, ["probability", "area", "ratio", "fill"]);
  const { probability = 0.5, area = [0.02, 0.33], ratio = [0.3, 3.3], fill = 0 } = options;
  if (!(probability >= 0 && probability <= 1)) {
    throw optionError("randomErase", `probability ${probability}`, "a probability of 0 … 1");
  }
  if (!(area[0] > 0 && area[0] <= area[1] && area[1] <= 1)) {
    throw optionError("randomErase", `area [${area.join(", ")}]`, "area: [0.02, 0.33]");
  }
  if (!(ratio[0] > 0 && ratio[0] <= ratio[1] && Number.isFinite(ratio[1]))) {
    throw optionError("randomErase", `ratio [${ratio.join(", ")}]`, "ratio: [0.3, 3.3]");
  }
  return (image, random) => {
    const [channels, h, w] = extentsOf("randomErase", image);
    if (!random.chance(probability)) return image;
    for (let i = 0; i < TRIES; i++) {
      const pixels = h * w * (area[0] + (area[1] - area[0]) * random.uniform());
      const aspect = ratio[0] * (ratio[1] / ratio[0]) ** random.uniform();
      const height = Math.round(Math.sqrt(pixels * aspect));
      const width = Math.round(Math.sqrt(pixels / aspect));
      if (height < 1 || width < 1 || height > h || width > w) continue;
      const top = random.integer(0, h - height + 1);
      const left = random.integer(0, w - width + 1);
      const data = copyOf(image.data);
      for (let c = 0; c < channels; c++) {
        for (let y = top; y < top + height; y++)
          data.fill(fill, (c * h + y) * w + left, (c * h + y) * w + left + width);
      }
      return { data, shape: image.shape };
    }
    return image;
  };
}
