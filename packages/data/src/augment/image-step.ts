/**
 * Random changes of images [C, H, W], on plain typed arrays of any dtype: what the steps share.
 *
 * A step gets the image and the sample's own random numbers and returns a new array; `augment` chains steps into a
 * transform of whole samples for the loader. What a sample becomes depends on seed, epoch and its number only.
 */

import {
  allocate,
  captureSite,
  dtypeOfArray,
  formatSite,
  OptionError,
  ShapeError,
  type TypedArray,
} from "@prewitt/core";
import type { NdArray } from "../nd-array.ts";
import type { SampleRandom } from "../random.ts";

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

/** The window of `height` × `width` whose corner lies at (top, left), `fill` outside the image. */
export function windowOf(
  image: NdArray,
  top: number,
  left: number,
  height: number,
  width: number,
  fill: number,
): NdArray {
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

/** A copy to change; `slice` is none for the bytes of a file, which are a Buffer. */
export function copyOf(data: TypedArray): TypedArray {
  const copy = allocate(dtypeOfArray(data) ?? "float32", data.length);
  copy.set(data);
  return copy;
}

export function extentsOf(op: string, image: NdArray): readonly [number, number, number] {
  const [c, h, w] = image.shape;
  if (image.shape.length === 3) return [c as number, h as number, w as number];
  throw new ShapeError({
    op,
    summary: "an image has the shape [C, H, W]",
    operands: [{ name: "image", shape: image.shape }],
    fix: "give a grey image as [1, H, W]",
  });
}

export function checkCount(op: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw optionError(op, `${name} ${value}`, `an integer of ${least} or more`);
}

export function optionError(op: string, found: string, fix: string): OptionError {
  return new OptionError({
    op,
    summary: `${found} is not possible`,
    fix: `pass ${fix}`,
    at: formatSite(captureSite()),
  });
}
