/**
 * Turns, scales, shears and moves the image about its centre, by bilinear interpolation.
 *
 * With the centre c, the pixel at p of the result is read at c + M⁻¹ (p − c − t), where M = R(angle) · shear · scale:
 * every pixel of the result is filled once and none is left out.
 */

import { allocate, checkOptions, dtypeOfArray, type TypedArray } from "@prewitt/core";
import type { NdArray } from "../nd-array.ts";
import type { SampleRandom } from "../random.ts";
import { extentsOf, type ImageStep, optionError } from "./image-step.ts";

export interface RandomAffineOptions {
  /** Most degrees to turn by, in either direction (default 0). */
  readonly degrees?: number | undefined;
  /** Factors of size are drawn evenly from this range (default [1, 1]). */
  readonly scale?: readonly [least: number, most: number] | undefined;
  /** Most degrees by which columns lean, in either direction (default 0). */
  readonly shear?: number | undefined;
  /** Most pixels to move by in each direction, fractions included (default 0). */
  readonly shift?: number | undefined;
  /** Value outside the image (default 0). */
  readonly fill?: number | undefined;
}

/**
 * A random affine map of the image, which keeps its size; integer dtypes are rounded.
 *
 * Throws `OptionError` for unknown or impossible options.
 *
 * @example augment(randomAffine({ degrees: 10, scale: [0.9, 1.1], shift: 2 }))
 */
export function randomAffine(options: RandomAffineOptions): ImageStep {
  checkOptions("randomAffine", options, ["degrees", "scale", "shear", "shift", "fill"]);
  const { degrees = 0, scale: [least, most] = [1, 1], shear = 0, shift = 0, fill = 0 } = options;
  for (const [name, value] of Object.entries({ degrees, shear, shift })) {
    if (!(value >= 0 && Number.isFinite(value))) throw optionError("randomAffine", `${name} ${value}`, `${name}: 10`);
  }
  if (!(least > 0 && least <= most && Number.isFinite(most))) {
    throw optionError("randomAffine", `scale [${least}, ${most}]`, "scale: [0.9, 1.1]");
  }
  const within = (random: SampleRandom, bound: number): number => bound * (2 * random.uniform() - 1);
  return (image, random) => {
    const angle = (within(random, degrees) * Math.PI) / 180;
    const size = least + (most - least) * random.uniform();
    const lean = Math.tan((within(random, shear) * Math.PI) / 180);
    const move: readonly [number, number] = [within(random, shift), within(random, shift)];
    const [cos, sin] = [Math.cos(angle) * size, Math.sin(angle) * size];
    // M = [[cos, cos·lean − sin], [sin, sin·lean + cos]], in (x, y); its determinant is size².
    const m = [cos, cos * lean - sin, sin, sin * lean + cos] as const;
    return affineOf(image, m, move, fill);
  };
}

type Matrix = readonly [xx: number, xy: number, yx: number, yy: number];

function affineOf(image: NdArray, [xx, xy, yx, yy]: Matrix, [dx, dy]: readonly [number, number], fill: number) {
  const [channels, h, w] = extentsOf("randomAffine", image);
  const dtype = dtypeOfArray(image.data) ?? "float32";
  const out = allocate(dtype, image.data.length);
  const integers = dtype !== "float32" && dtype !== "float64";
  const det = xx * yy - xy * yx;
  const [cx, cy] = [(w - 1) / 2, (h - 1) / 2];
  // No closures and no lists inside: this runs for every pixel of a training.
  for (let y = 0; y < h; y++) {
    const py = y - cy - dy;
    for (let x = 0; x < w; x++) {
      const px = x - cx - dx;
      const sx = cx + (yy * px - xy * py) / det;
      const sy = cy + (xx * py - yx * px) / det;
      const left = Math.floor(sx);
      const top = Math.floor(sy);
      for (let c = 0; c < channels; c++) {
        const value = bilinear(image.data, c * h * w, h, w, top, left, sy - top, sx - left, fill);
        out[(c * h + y) * w + x] = integers ? Math.round(value) : value;
      }
    }
  }
  return { data: out, shape: image.shape };
}

/**
 * The value between four pixels of a plane, of which (top, left) is one and fy, fx in [0, 1) are the parts of the way to the
 * others; pixels outside have the value `fill`. A pixel without a part is not read, so that its infinity makes no NaN.
 */
function bilinear(
  data: TypedArray,
  plane: number,
  h: number,
  w: number,
  top: number,
  left: number,
  fy: number,
  fx: number,
  fill: number,
): number {
  const upper = between(data, plane, h, w, top, left, fx, fill);
  if (fy === 0) return upper;
  return upper * (1 - fy) + between(data, plane, h, w, top + 1, left, fx, fill) * fy;
}

/** The value between two pixels of a row. */
function between(
  data: TypedArray,
  plane: number,
  h: number,
  w: number,
  row: number,
  left: number,
  fx: number,
  fill: number,
): number {
  if (row < 0 || row >= h) return fx === 0 ? fill : fill * (1 - fx) + fill * fx;
  const at = plane + row * w + left;
  const first = left >= 0 && left < w ? (data[at] as number) : fill;
  if (fx === 0) return first;
  const second = left >= -1 && left < w - 1 ? (data[at + 1] as number) : fill;
  return first * (1 - fx) + second * fx;
}
