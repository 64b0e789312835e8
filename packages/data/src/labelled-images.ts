/**
 * Grey images with class labels, as the idx files hold them: uint8 [N, H, W] and uint8 [N].
 *
 * A sample is a view, { image: uint8 [1, H, W], label: number }; a batch is gathered in one pass.
 */

import { captureSite, checkOptions, constantNode, DataError, formatSite, sizeOf } from "@prewitt/core";
import { Dataset, type Source } from "./dataset.ts";
import type { Batch, NdArray } from "./nd-array.ts";
import { readIdx } from "./read-idx.ts";

/** An image of bytes, [1, H, W], and the number of its class. */
export interface LabelledImage {
  readonly image: NdArray<Uint8Array>;
  readonly label: number;
}

export interface ImagesAndLabels {
  /** uint8 [N, H, W] */
  readonly images: NdArray<Uint8Array>;
  /** uint8 [N] */
  readonly labels: NdArray<Uint8Array>;
}

/** Where images and labels came from, for errors. */
export interface Names {
  readonly images: string;
  readonly labels: string;
}

/** Throws `DataError` unless there is one label per image and every label counts a class. */
export function checkLabels(data: ImagesAndLabels, names: Names, classes: number): void {
  const { images, labels } = data;
  const n = images.shape[0] as number;
  if (labels.data.length !== n) {
    throw new DataError({
      op: "idx",
      summary: "images and labels do not belong together",
      problems: [`${names.images} holds ${n} images`, `${names.labels} holds ${labels.data.length} labels`],
      fix: "take both files from the same split of the same data set",
    });
  }
  const bad = labels.data.findIndex((label) => label >= classes);
  if (bad < 0) return;
  const all = labels.data.reduce((total, label) => total + (label >= classes ? 1 : 0), 0);
  throw new DataError({
    op: "idx",
    summary: `${names.labels}: labels out of range`,
    problems: [
      `label ${bad} is ${labels.data[bad]}, with ${classes} classes it may be 0 … ${classes - 1}`,
      `${all} of ${n} labels are out of range`,
    ],
    fix: `check that this is the labels file, or name at least ${labels.data.reduce((a, b) => Math.max(a, b), 0) + 1} classes`,
  });
}

/** The source of samples over checked images and labels. */
export function labelledImages(data: ImagesAndLabels, classes: readonly string[] | undefined): Source<LabelledImage> {
  const [n, h, w] = data.images.shape as readonly [number, number, number];
  const size = sizeOf([h, w]);
  const pixels = data.images.data;
  const labels = data.labels.data;
  const shape = [1, h, w];
  return {
    length: n,
    classes,
    get: (i) => ({ image: { data: pixels.subarray(i * size, (i + 1) * size), shape }, label: labels[i] as number }),
    batch: (indices): Batch<LabelledImage> => {
      const image = new Uint8Array(indices.length * size);
      const label = new Int32Array(indices.length);
      for (let k = 0; k < indices.length; k++) {
        const i = indices[k] as number;
        image.set(pixels.subarray(i * size, (i + 1) * size), k * size);
        label[k] = labels[i] as number;
      }
      return {
        image: constantNode(image, [label.length, 1, h, w], "uint8"),
        label: constantNode(label, [label.length], "int32"),
      };
    },
  };
}

export interface IdxDatasetOptions {
  /** File of images, [N, H, W], gzip or not. */
  readonly images: string;
  /** File of labels, [N]. */
  readonly labels: string;
  /** Names of the classes; labels must count through them. Without it any label of 0 … 255 is taken. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * A data set of one's own in two idx files.
 *
 * Throws `DataError` when a file cannot be read, the two do not belong together, or a label is out of range.
 *
 * @example idxDataset({ images: "letters-images.gz", labels: "letters-labels.gz", classes: [..."abc"] })
 */
export function idxDataset(options: IdxDatasetOptions): Dataset<LabelledImage> {
  checkOptions("idxDataset", options, ["images", "labels", "classes"]);
  const images = readIdx(options.images, { shape: [null, null, null] });
  const labels = readIdx(options.labels, { shape: [null] });
  try {
    checkLabels({ images, labels }, options, options.classes?.length ?? 256);
  } catch (error) {
    throw error instanceof DataError ? error.fill({ at: formatSite(captureSite()) }) : error;
  }
  return new Dataset(labelledImages({ images, labels }, options.classes));
}
