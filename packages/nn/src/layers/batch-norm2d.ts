/** Batch normalisation of images: each channel of [N, C, H, W] over the batch and the image. */

import { BatchNorm, type BatchNormLayerOptions } from "./batch-norm.ts";

export type BatchNorm2dOptions = BatchNormLayerOptions;

/**
 * Normalises each channel over the batch and the image.
 *
 * @example new Sequential(new Conv2d({ out: 64, kernel: 3, bias: false }), new BatchNorm2d(), new ReLU())
 */
export class BatchNorm2d extends BatchNorm {
  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: BatchNorm2dOptions = {}) {
    const rankFix = "images are [N, C, H, W]: place it before Flatten";
    super("BatchNorm2d", { axes: ["N", "C", "H", "W"], ranks: [4], rankFix }, options);
  }
}
