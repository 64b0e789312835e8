/** Turns the image into its negative. */

import { checkOptions } from "@prewitt/core";
import { copyOf, extentsOf, type ImageStep, optionError } from "./image-step.ts";

export interface RandomInvertOptions {
  /** Share of images that are changed (default ½). */
  readonly probability?: number | undefined;
  /** What black becomes: 255 for bytes; images of other numbers have to say. */
  readonly white?: number | undefined;
}

/**
 * Replaces every value v by `white` − v with some probability.
 *
 * Throws `OptionError` for unknown or impossible options, and where `white` is missing.
 *
 * @example augment(randomInvert({ probability: 0.5 }))
 */
export function randomInvert(options: RandomInvertOptions = {}): ImageStep {
  checkOptions("randomInvert", options, ["probability", "white"]);
  const { probability = 0.5, white } = options;
  if (!(probability >= 0 && probability <= 1)) {
    throw optionError("randomInvert", `probability ${probability}`, "a probability of 0 … 1");
  }
  if (white !== undefined && !(white > 0 && Number.isFinite(white))) {
    throw optionError("randomInvert", `white ${white}`, "white: 255, or 1 for pixels of 0 … 1");
  }
  return (image, random) => {
    extentsOf("randomInvert", image);
    const limit = white ?? (image.data instanceof Uint8Array ? 255 : undefined);
    if (limit === undefined) {
      throw optionError("randomInvert", "no white for an image that is not of bytes", "white: 1 for pixels of 0 … 1");
    }
    if (!random.chance(probability)) return image;
    const data = copyOf(image.data);
    for (let i = 0; i < data.length; i++) data[i] = limit - (image.data[i] as number);
    return { data, shape: image.shape };
  };
}
