/**
 * How near one image is to another: peak signal-to-noise ratio, and structural similarity (Z. Wang, A. Bovik, H. Sheikh,
 * E. Simoncelli, "Image quality assessment", 2004). Graph functions, differentiable, usable as losses.
 *
 *   PSNR = 10 log₁₀(L² / mean (a − b)²)
 *   SSIM = mean over positions and channels of (2 μ_a μ_b + C₁)(2 σ_ab + C₂) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂))
 *
 * with C₁ = (0.01 L)², C₂ = (0.03 L)², and weighted moments under a Gaussian window of 11 × 11 with σ = 1.5 that lies wholly
 * inside the image, as in the authors' code.
 */

import {
  checkOptions,
  DTypeError,
  isFloat,
  locate,
  OptionError,
  ShapeError,
  sameShape,
  type Tensor,
  tensor,
} from "@prewitt/core";
import { conv2d } from "@prewitt/ops";

export interface ImageQualityOptions {
  /** L: the difference of the largest and the smallest value that a pixel may have. Default 1; 255 for bytes. */
  readonly range?: number | undefined;
  /** "mean" over the images (default), or "none" for one figure an image, [N]. */
  readonly reduction?: "mean" | "none" | undefined;
}

export interface SsimOptions extends ImageQualityOptions {
  /** Side of the window, odd. Default 11. */
  readonly window?: number | undefined;
  /** Standard deviation of the window in pixels. Default 1.5. */
  readonly sigma?: number | undefined;
}

function check(op: string, a: Tensor, b: Tensor, { range = 1, reduction = "mean" }: ImageQualityOptions): void {
  const operands = [a, b].map((t, i) => ({
    name: i === 0 ? "a" : "b",
    shape: t.shape,
    dtype: t.dtype,
    axes: ["N", "C", "H", "W"],
  }));
  if (a.rank !== 4 || !sameShape(a.shape, b.shape)) {
    const fix = "pass two batches of images of one size";
    throw locate(new ShapeError({ op, summary: "a and b must be images [N, C, H, W] of one shape", operands, fix }));
  }
  if (!isFloat(a.dtype) || a.dtype !== b.dtype) {
    const fix = 'cast both to "float32"';
    throw locate(new DTypeError({ op, summary: "a and b must have one float dtype", operands, fix }));
  }
  if (!(range > 0) || (reduction !== "mean" && reduction !== "none")) {
    throw locate(
      new OptionError({
        op,
        summary: 'range must be above 0, reduction "mean" or "none"',
        problems: [`range is ${range}, reduction is "${reduction}"`],
        fix: "write range: 1",
      }),
    );
  }
}

/**
 * Peak signal-to-noise ratio in decibels of images [N, C, H, W] of one shape and one float dtype; infinite for equal images.
 * Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example psnr(upscaled.clamp(0, 1), original)
 */
export function psnr(a: Tensor, b: Tensor, options: ImageQualityOptions = {}): Tensor {
  checkOptions("psnr", options, ["range", "reduction"]);
  check("psnr", a, b, options);
  const { range = 1, reduction = "mean" } = options;
  const error = a.sub(b).square().mean([1, 2, 3]);
  const decibels = error
    .log()
    .mul(-10 / Math.LN10)
    .add(20 * Math.log10(range));
  return reduction === "mean" ? decibels.mean() : decibels;
}

/** One row of the separable window, of sum 1. */
function gaussian(window: number, sigma: number): number[] {
  const centre = (window - 1) / 2;
  const weights = Array.from({ length: window }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/**
 * Structural similarity of images [N, C, H, W] of one shape and one float dtype, at least as large as the window: from −1 to
 * 1, 1 for equal images. Throws `ShapeError`, `DTypeError`, `OptionError`.
 *
 * @example const loss = ssim(restored, original).neg().add(1);
 */
export function ssim(a: Tensor, b: Tensor, options: SsimOptions = {}): Tensor {
  checkOptions("ssim", options, ["range", "reduction", "window", "sigma"]);
  check("ssim", a, b, options);
  const { range = 1, reduction = "mean", window = 11, sigma = 1.5 } = options;
  const [images, channels, height, width] = a.shape as readonly [number, number, number, number];
  if (!Number.isSafeInteger(window) || window < 1 || window % 2 === 0 || !(sigma > 0)) {
    throw locate(
      new OptionError({
        op: "ssim",
        summary: "window must be an odd number of pixels, sigma above 0",
        problems: [`window is ${window}, sigma is ${sigma}`],
        fix: "write window: 11, sigma: 1.5",
      }),
    );
  }
  if (height < window || width < window) {
    throw locate(
      new ShapeError({
        op: "ssim",
        summary: `the images are smaller than the window of ${window} × ${window}`,
        operands: [{ name: "a", shape: a.shape, dtype: a.dtype, axes: ["N", "C", "H", "W"] }],
        fix: `write window: ${Math.min(height, width) - (Math.min(height, width) % 2 === 0 ? 1 : 0)}, or pass larger images`,
      }),
    );
  }
  const row = tensor(gaussian(window, sigma), { dtype: a.dtype });
  const planes = (t: Tensor): Tensor => t.reshape([images * channels, 1, height, width]);
  const blur = (t: Tensor): Tensor => conv2d(conv2d(t, row.reshape([1, 1, 1, window])), row.reshape([1, 1, window, 1]));
  const [x, y] = [planes(a), planes(b)];
  const [meanX, meanY] = [blur(x), blur(y)];
  const [squareX, squareY, product] = [meanX.square(), meanY.square(), meanX.mul(meanY)];
  const varianceX = blur(x.square()).sub(squareX);
  const varianceY = blur(y.square()).sub(squareY);
  const covariance = blur(x.mul(y)).sub(product);
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const similarity = product
    .mul(2)
    .add(c1)
    .mul(covariance.mul(2).add(c2))
    .div(squareX.add(squareY).add(c1).mul(varianceX.add(varianceY).add(c2)));
  const each = similarity.mean([1, 2, 3]).reshape([images, channels]).mean(1);
  return reduction === "mean" ? each.mean() : each;
}
