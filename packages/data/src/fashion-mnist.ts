/**
 * Fashion-MNIST: 60,000 + 10,000 grey pictures of clothes in the form of MNIST, uint8 28 × 28, ten classes.
 *
 * H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
 * 2017, MIT licence. Debian ships it as `dataset-fashion-mnist`.
 */

import type { Dataset } from "./dataset.ts";
import type { LabelledImage } from "./labelled-images.ts";
import { type Family, type MnistOptions, openSplit, type Split } from "./mnist-family.ts";

const family: Family = {
  op: "fashionMnist",
  folder: "fashion-mnist",
  classes: ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
  systemFolders: ["/usr/share/datasets/fashion-mnist"],
  mirrors: [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
  ],
  splits: {
    train: {
      images: {
        name: "train-images-idx3-ubyte",
        sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        shape: [60000, 28, 28],
      },
      labels: {
        name: "train-labels-idx1-ubyte",
        sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        shape: [60000],
      },
    },
    test: {
      images: {
        name: "t10k-images-idx3-ubyte",
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        shape: [10000, 28, 28],
      },
      labels: {
        name: "t10k-labels-idx1-ubyte",
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        shape: [10000],
      },
    },
  },
};

/**
 * Fashion-MNIST: 60,000 samples to train on or 10,000 to test on, { image: uint8 [1, 28, 28], label: 0 … 9 }; the names
 * are in `classes`.
 *
 * Files come from `source` when given, else from the cache folder (`PREWITT_CACHE` or `~/.cache/prewitt`), Debian's
 * package `dataset-fashion-mnist`, or a download into the cache. The SHA-256 is always verified.
 *
 * Throws `DataError` as `mnist` does.
 */
export function fashionMnist(split: Split, options: MnistOptions = {}): Dataset<LabelledImage> {
  return openSplit(family, split, options);
}
