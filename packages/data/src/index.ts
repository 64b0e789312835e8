/**
 * @prewitt/data: data sets, loaders and image transforms.
 */

export {
  augment,
  type ImageStep,
  type RandomCropOptions,
  type RandomFlipOptions,
  type RandomShiftOptions,
  randomCrop,
  randomFlip,
  randomShift,
  type SampleTransform,
} from "./augment.ts";
export { type AsyncSource, Dataset, dataset, type Source } from "./dataset.ts";
export { fashionMnist } from "./fashion-mnist.ts";
export { type IdxExpectation, parseIdx } from "./idx.ts";
export { type IdxDatasetOptions, idxDataset, type LabelledImage } from "./labelled-images.ts";
export { Loader, type LoaderOptions, loader, type Stream } from "./loader.ts";
export { mnist } from "./mnist.ts";
export type { MnistOptions, Split } from "./mnist-family.ts";
export { type Batch, type Field, type NdArray, ndArray, type Sample } from "./nd-array.ts";
export { type NormaliseOptions, normalise } from "./normalise.ts";
export { SampleRandom, shuffledOrder } from "./random.ts";
export { readIdx } from "./read-idx.ts";
