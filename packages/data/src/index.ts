/**
 * @prewitt/data: data sets, loaders and image transforms.
 */

export { augment, type ImageStep, type SampleTransform } from "./augment/image-step.ts";
export { type RandomAffineOptions, randomAffine } from "./augment/random-affine.ts";
export { type RandomChannelsOptions, randomChannels } from "./augment/random-channels.ts";
export { type RandomCropOptions, randomCrop } from "./augment/random-crop.ts";
export { type RandomEraseOptions, randomErase } from "./augment/random-erase.ts";
export { type RandomFlipOptions, randomFlip } from "./augment/random-flip.ts";
export { type RandomInvertOptions, randomInvert } from "./augment/random-invert.ts";
export { type RandomShiftOptions, randomShift } from "./augment/random-shift.ts";
export { type AsyncSource, Dataset, dataset, type Source } from "./dataset.ts";
export { fashionMnist } from "./fashion-mnist.ts";
export { type IdxExpectation, parseIdx } from "./idx.ts";
export { decodeImage, type ReadImageOptions, readImage } from "./image/read-image.ts";
export { type WriteImageOptions, writeImage } from "./image/write-image.ts";
export { type IdxDatasetOptions, idxDataset, type LabelledImage } from "./labelled-images.ts";
export { Loader, type LoaderOptions, type LoaderPlan, type LoaderState, loader, type Stream } from "./loader.ts";
export { mnist } from "./mnist.ts";
export type { MnistOptions, Split } from "./mnist-family.ts";
export { type Batch, type Field, type NdArray, ndArray, type Sample } from "./nd-array.ts";
export { type NormaliseOptions, normalise } from "./normalise.ts";
export { SampleRandom, shuffledOrder } from "./random.ts";
export { readIdx } from "./read-idx.ts";
export type { Paint } from "./scenes/paste.ts";
export { type Scene, type SceneOptions, scenes } from "./scenes/scenes.ts";
