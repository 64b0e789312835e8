/** Fashion-MNIST, whole or as the 1,500 pictures that lie beside the examples for short forms. */

import { fileURLToPath } from "node:url";
import { type Dataset, fashionMnist, idxDataset, type LabelledImage, type Split } from "prewitt/data";

export function fashion(split: Split, { short }: { readonly short: boolean }): Dataset<LabelledImage> {
  const whole = fashionMnist(split);
  if (!short) return whole;
  const prefix = split === "train" ? "train" : "t10k";
  const file = (what: string): string =>
    fileURLToPath(new URL(`../data/fashion-mnist-small/${prefix}-${what}-ubyte.gz`, import.meta.url));
  return idxDataset({ images: file("images-idx3"), labels: file("labels-idx1"), classes: whole.classes });
}
