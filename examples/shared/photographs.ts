/** The photographs beside the examples, as backgrounds of scenes: uint8 [3, H, W]. Sources in data/LICENSES.md. */

import { fileURLToPath } from "node:url";
import { type NdArray, readImage } from "prewitt/data";

/** Those of a split: what is tested is never pasted on a photograph of the training. */
const SPLITS = {
  train: ["chelsea", "rocket", "brick", "grass", "astronaut", "camera", "retina", "hubble"],
  test: ["coffee", "gravel"],
} as const;

export function photographs(split: keyof typeof SPLITS): Promise<NdArray<Uint8Array>[]> {
  return Promise.all(SPLITS[split].map(photograph));
}

/** One photograph by name. */
export async function photograph(name: string): Promise<NdArray<Uint8Array>> {
  const image = await readImage(fileURLToPath(new URL(`../data/photos/${name}.png`, import.meta.url)));
  return { data: (await image.data()) as Uint8Array<ArrayBuffer>, shape: image.shape };
}
