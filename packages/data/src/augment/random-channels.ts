/** Exchanges the channels of the image: red for blue and so on, so that a network does not rely on what things are coloured. */

import { checkOptions } from "@prewitt/core";
import { copyOf, extentsOf, type ImageStep, optionError } from "./image-step.ts";

export interface RandomChannelsOptions {
  /** Share of images that are changed (default 1). An order drawn may be the one that was. */
  readonly probability?: number | undefined;
}

/**
 * Puts the channels into a random order, every order equally likely. It changes nothing in grey images.
 *
 * Throws `OptionError` for unknown or impossible options.
 *
 * @example augment(randomChannels(), randomInvert())
 */
export function randomChannels(options: RandomChannelsOptions = {}): ImageStep {
  checkOptions("randomChannels", options, ["probability"]);
  const { probability = 1 } = options;
  if (!(probability >= 0 && probability <= 1)) {
    throw optionError("randomChannels", `probability ${probability}`, "a probability of 0 … 1");
  }
  return (image, random) => {
    const [channels, h, w] = extentsOf("randomChannels", image);
    if (!random.chance(probability)) return image;
    const data = copyOf(image.data);
    const left = Array.from({ length: channels }, (_, c) => c);
    for (let c = 0; c < channels; c++) {
      const [from] = left.splice(random.integer(0, left.length), 1) as [number];
      data.set(image.data.subarray(from * h * w, (from + 1) * h * w), c * h * w);
    }
    return { data, shape: image.shape };
  };
}
