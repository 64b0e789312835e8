/** Batch normalisation of features [N, C], over the batch, and of signals [N, C, L], over the batch and the signal. */

import { BatchNorm, type BatchNormLayerOptions } from "./batch-norm.ts";

export type BatchNorm1dOptions = BatchNormLayerOptions;

/**
 * Normalises each feature over the batch, or each channel over the batch and the signal.
 *
 * @example new Sequential(new Linear({ out: 128, bias: false }), new BatchNorm1d())
 */
export class BatchNorm1d extends BatchNorm {
  /** Throws `OptionError` for unknown options and values out of range. */
  constructor(options: BatchNorm1dOptions = {}) {
    const rankFix = "features are [N, C] and signals [N, C, L]: use BatchNorm2d for images, or place it behind Flatten";
    super("BatchNorm1d", { axes: ["N", "C", "L"], ranks: [2, 3], rankFix }, options);
  }
}
