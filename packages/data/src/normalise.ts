/**
 * Normalisation in the graph: data sets stay uint8 in memory, and the cast is fused into whatever reads the image.
 *
 *     y = (x / 255 − mean) / std        uint8 images, mean and std in units of 0 … 1
 *     y = (x − mean) / std              float images
 */

import { captureSite, checkOptions, DTypeError, formatSite, OptionError, type Tensor, tensor } from "@prewitt/core";

export interface NormaliseOptions {
  /** Mean of the pixels, one number or one per channel; 0 when absent. */
  readonly mean?: number | readonly number[] | undefined;
  /** Standard deviation of the pixels, one number or one per channel; 1 when absent. */
  readonly std?: number | readonly number[] | undefined;
}

/**
 * A float32 image of mean 0 and standard deviation 1, given the statistics of the data set.
 * `image` is uint8 or float32, [B, C, H, W] or [C, H, W]; the shape stays.
 *
 * Throws `OptionError` when the number of statistics is not the number of channels, `DTypeError` for other dtypes.
 *
 * @example normalise(image, { mean: 0.1307, std: 0.3081 }) // MNIST
 */
export function normalise(image: Tensor, options: NormaliseOptions = {}): Tensor {
  checkOptions("normalise", options, ["mean", "std"]);
  if (image.dtype !== "uint8" && image.dtype !== "float32") {
    throw new DTypeError({
      op: "normalise",
      summary: "an image is uint8 (0 … 255) or float32",
      operands: [{ name: "image", shape: image.shape, dtype: image.dtype }],
      fix: 'image.cast("float32"), scaled to 0 … 1',
      at: formatSite(captureSite()),
    });
  }
  const mean = perChannel(image, "mean", options.mean ?? 0);
  const std = perChannel(image, "std", options.std ?? 1);
  const unit = image.dtype === "uint8" ? image.cast("float32").div(255) : image;
  return unit.sub(mean).div(std);
}

function perChannel(image: Tensor, name: "mean" | "std", value: number | readonly number[]): Tensor | number {
  const values = typeof value === "number" ? [value] : value;
  const channels = image.shape.at(-3);
  const problems: string[] = [];
  if (typeof value !== "number" && values.length !== channels) {
    problems.push(`${name} has ${values.length} entries, the image ${channels ?? "no"} channels`);
  }
  if (values.some((v) => !Number.isFinite(v) || (name === "std" && v <= 0))) {
    problems.push(`${name} is [${values.join(", ")}]${name === "std" ? ", and must be above 0" : ""}`);
  }
  if (problems.length > 0) {
    throw new OptionError({
      op: "normalise",
      summary: `${name} does not fit the image`,
      operands: [{ name: "image", shape: image.shape, dtype: image.dtype, axes: ["N", "C", "H", "W"] }],
      problems,
      fix: `pass one number, or ${channels ?? 1} of them`,
      at: formatSite(captureSite()),
    });
  }
  if (typeof value === "number") return value;
  const shape = [values.length, 1, 1];
  return tensor(Float32Array.from(values), { shape: image.rank === 4 ? [1, ...shape] : shape });
}
