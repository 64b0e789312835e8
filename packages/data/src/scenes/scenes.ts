/**
 * Scenes: several labelled pictures (digits, clothes) pasted on photographs, with what a detector and a segmenter learn
 * from: a box and a class for every item, and a class for every pixel.
 *
 * Scene number i depends on (seed, i) alone, so a data set of any length costs no memory and can be read in any order.
 * Train and test scenes differ when their items do; give each split items of its own.
 */

import { captureSite, checkOptions, DataError, formatSite, OptionError } from "@prewitt/core";
import { Dataset } from "../dataset.ts";
import type { LabelledImage } from "../labelled-images.ts";
import type { NdArray } from "../nd-array.ts";
import { checkSeed, SampleRandom } from "../random.ts";
import { photographAt } from "./background.ts";
import { drawClutter } from "./clutter.ts";
import { type Paint, pasteItem } from "./paste.ts";

/** A composed picture with its answers. */
export interface Scene {
  /** uint8 [3, S, S] */
  readonly image: NdArray<Uint8Array>;
  /** float32 [M, 4]: left, top, right, bottom in pixels, right and bottom exclusive; rows of zeros after the last item. */
  readonly boxes: NdArray<Float32Array>;
  /** int32 [M]: classes of the items, −1 after the last. */
  readonly labels: NdArray<Int32Array>;
  /** int32 [S, S]: 0 for the background, class + 1 for pixels of an item. */
  readonly mask: NdArray<Int32Array>;
}

export interface SceneOptions {
  /** What is pasted: grey pictures, bright on dark. */
  readonly items: Dataset<LabelledImage>;
  /** Photographs, uint8 [3, H, W] or [1, H, W]. */
  readonly backgrounds: readonly NdArray<Uint8Array>[];
  /** Number of scenes. */
  readonly samples: number;
  /** Height and width in pixels (default 96). */
  readonly size?: number | undefined;
  /** Fewest and most items (default [1, 4]); fewer where no free place is found. */
  readonly count?: readonly [least: number, most: number] | undefined;
  /** Factors of the items' size (default [0.8, 1.6]). */
  readonly scale?: readonly [least: number, most: number] | undefined;
  /** Most degrees to turn items by (default 15). */
  readonly degrees?: number | undefined;
  /**
   * "ink" (default) takes brightness for how much an even colour covers, right for digits; "picture" keeps the shades inside
   * the silhouette, right for clothes.
   */
  readonly paint?: Paint | undefined;
  /** Share of the smaller of two boxes that may be covered by the other (default 0.1). */
  readonly overlap?: number | undefined;
  /** Fewest and most rings, discs and bars without a label behind the items (default [0, 0]). */
  readonly clutter?: readonly [least: number, most: number] | undefined;
  readonly seed?: number | undefined;
}

const KNOWN = [
  "items",
  "backgrounds",
  "samples",
  "size",
  "count",
  "scale",
  "degrees",
  "paint",
  "overlap",
  "clutter",
  "seed",
];

type Known = Required<{ [K in keyof SceneOptions]: NonNullable<SceneOptions[K]> }>;

/**
 * A data set of composed scenes; `classes` are those of the items.
 *
 * Throws `OptionError` for unknown or impossible options and `DataError` for photographs that are no images.
 *
 * @example
 * const train = scenes({ items: mnist("train"), backgrounds: photographs, samples: 4000, seed: 1 });
 * const { image, boxes, labels, mask } = train.get(0);
 */
export function scenes(options: SceneOptions): Dataset<Scene> {
  checkOptions("scenes", options, KNOWN);
  const known: Known = {
    size: 96,
    count: [1, 4],
    scale: [0.8, 1.6],
    degrees: 15,
    paint: "ink",
    overlap: 0.1,
    clutter: [0, 0],
    seed: 0,
    ...options,
  } as Known;
  checkSceneOptions(known);
  const { items } = known;
  return new Dataset<Scene>({
    length: known.samples,
    classes: items.classes,
    get: (i) => compose(known, new SampleRandom(known.seed, 0, i)),
    ready: () => items.ready(),
  });
}

function compose(options: Known, random: SampleRandom): Scene {
  const { size, count, clutter, items, backgrounds } = options;
  const image = photographAt(backgrounds[random.integer(0, backgrounds.length)] as NdArray<Uint8Array>, size, random);
  for (let k = random.integer(clutter[0], clutter[1] + 1); k > 0; k--) drawClutter(image, size, random);
  const mask = new Int32Array(size * size);
  const boxes = new Float32Array(4 * count[1]);
  const labels = new Int32Array(count[1]).fill(-1);
  const wanted = random.integer(count[0], count[1] + 1);
  let placed = 0;
  for (let k = 0; k < wanted; k++) {
    const item = items.get(random.integer(0, items.length));
    const box = pasteItem({ image, mask, size, boxes: boxes.subarray(0, 4 * placed), item, random, options });
    if (box === undefined) continue;
    boxes.set(box, 4 * placed);
    labels[placed++] = item.label;
  }
  return {
    image: { data: image, shape: [3, size, size] },
    boxes: { data: boxes, shape: [count[1], 4] },
    labels: { data: labels, shape: [count[1]] },
    mask: { data: mask, shape: [size, size] },
  };
}

function checkSceneOptions(options: Known): void {
  const { size, count, scale, degrees, paint, overlap, clutter, samples, seed, backgrounds } = options;
  const range = ([least, most]: readonly [number, number], from: number): boolean => least >= from && least <= most;
  const problems = [
    ...(Number.isInteger(samples) && samples >= 0
      ? []
      : [`samples is ${samples}, and must be an integer of 0 or more`]),
    ...(Number.isInteger(size) && size >= 8 ? [] : [`size is ${size}, and must be an integer of 8 or more`]),
    ...(count.every(Number.isInteger) && range(count, 1)
      ? []
      : [`count is [${count.join(", ")}], for instance [1, 4]`]),
    ...(scale[0] > 0 && range(scale, 0) ? [] : [`scale is [${scale.join(", ")}], for instance [0.8, 1.6]`]),
    ...(degrees >= 0 && Number.isFinite(degrees) ? [] : [`degrees is ${degrees}, and must be 0 or more`]),
    ...(paint === "ink" || paint === "picture" ? [] : [`paint is "${String(paint)}", and must be "ink" or "picture"`]),
    ...(overlap >= 0 && overlap <= 1 ? [] : [`overlap is ${overlap}, and must be a share of 0 … 1`]),
    ...(clutter.every(Number.isInteger) && range(clutter, 0)
      ? []
      : [`clutter is [${clutter.join(", ")}], for instance [0, 3]`]),
  ];
  const at = formatSite(captureSite());
  if (problems.length > 0) throw new OptionError({ op: "scenes", summary: "impossible options", problems, at });
  checkSeed("scenes", seed);
  const wrong = backgrounds.findIndex(({ shape }) => shape.length !== 3 || (shape[0] !== 1 && shape[0] !== 3));
  if (backgrounds.length > 0 && wrong < 0) return;
  const found = backgrounds[wrong];
  throw new DataError({
    op: "scenes",
    summary: found ? `background ${wrong} is no image` : "there are no backgrounds",
    operands: found ? [{ name: "background", shape: found.shape }] : [],
    fix: "give photographs as uint8 [3, H, W] or [1, H, W]",
    at,
  });
}
