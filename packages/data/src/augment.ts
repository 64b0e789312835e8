/**
 * Random crops, flips and shifts of images [C, H, W], on plain typed arrays of any dtype.
 *
 * A step gets the image and the sample's own random numbers and returns a new array; `augment` chains steps into a
 * transform of whole samples for the loader. What a sample becomes depends on seed, epoch and its number only.
 */

import { allocate, captureSite, checkOptions, dtypeOfArray, formatSite, OptionError, ShapeError } from "@prewitt/core";
import type { NdArray } from "./nd-array.ts";
import type { SampleRandom } from "./random.ts";

/** A change of one image [C, H, W]. */
export type ImageStep = (image: NdArray, random: SampleRandom) => NdArray;

/** A change of one sample. */
export type SampleTransform<S, T = S> = (sample: S, random: SampleRandom) => T;

/**
 * A transform for the loader that changes field `image` by steps, one after the other.
 *
 * @example loader(mnist("train"), { batch: 64, transform: augment(randomShift({ by: 2 })) })
 */
export function augment<S extends { readonly image: NdArray }>(...steps: readonly ImageStep[]): SampleTransform<S> {
  return (sample, random) => ({ ...sample, image: steps.reduce((image, step) => step(image, random), sample.image) });
}

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
  const data = image.data.slice();
  for (let row = 0; row < c * h; row++) {
    const from = horizontal ? row : row - (row % h) + h - 1 - (row % h);
    const line = image.data.subarray(from * w, (from + 1) * w);
    data.set(line, row * w);
    if (horizontal) data.subarray(row * w, (row + 1) * w).reverse();
  }
  return { data, shape: image.shape };
}

/** The window of `height` × `width` whose corner lies at (top, left), `fill` outside the image. */
function windowOf(image: NdArray, top: number, left: number, height: number, width: number, fill: number): NdArray {
  const [c, h, w] = image.shape as readonly [number, number, number];
  const data = allocate(dtypeOfArray(image.data) ?? "float32", c * height * width);
  if (fill !== 0) data.fill(fill);
  const first = Math.max(0, left);
  const last = Math.min(w, left + width);
  if (first < last) {
    for (let channel = 0; channel < c; channel++) {
      for (let y = Math.max(0, top); y < Math.min(h, top + height); y++) {
        const from = (channel * h + y) * w;
        const to = (channel * height + y - top) * width;
        data.set(image.data.subarray(from + first, from + last), to + first - left);
      }
    }
  }
  return { data, shape: [c, height, width] };
}

function extentsOf(op: string, image: NdArray): readonly [number, number, number] {
  const [c, h, w] = image.shape;
  if (image.shape.length === 3) return [c as number, h as number, w as number];
  throw new ShapeError({
    op,
    summary: "an image has the shape [C, H, W]",
    operands: [{ name: "image", shape: image.shape }],
    fix: "give a grey image as [1, H, W]",
  });
}

function checkCount(op: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw optionError(op, `${name} ${value}`, `an integer of ${least} or more`);
}

function optionError(op: string, found: string, fix: string): OptionError {
  return new OptionError({
    op,
    summary: `${found} is not possible`,
    fix: `pass ${fix}`,
    at: formatSite(captureSite()),
  });
}
