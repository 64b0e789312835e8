/**
 * npy and npz files, as numpy.save, numpy.savez and numpy.savez_compressed write them.
 */

import { checkOptions, locate, OptionError, type Tensor } from "@prewitt/core";
import { withFile } from "../files/byte-source.ts";
import { atCall, failFor } from "../files/file-error.ts";
import { replaceFile } from "../files/replace-file.ts";
import { readZip, type ZipFile, zipChunks } from "../zip/zip.ts";
import { npyChunks, parseNpy } from "./npy.ts";

/**
 * The array of an npy file. float16 becomes float32, and integers that no tensor has become int32; Fortran order and
 * big-endian bytes are put right.
 *
 * Throws `DataError` for a file that is missing, damaged or has elements of another kind, such as Python objects.
 *
 * @example const x = await loadNpy("data/images.npy");
 */
export function loadNpy(file: string): Promise<Tensor> {
  return atCall(loadNpy, () =>
    withFile("npy", file, async (source) => parseNpy(await source.read(0, source.size), failFor("npy", file))),
  );
}

/**
 * Writes a tensor to an npy file; folders on the way are made.
 *
 * @example await saveNpy("runs/features.npy", features);
 */
export async function saveNpy(file: string, x: Tensor): Promise<void> {
  await replaceFile(file, await npyChunks(x));
}

export interface LoadNpzOptions {
  /** Most bytes that the arrays may have together. Default 2³², so that a small hostile file cannot fill the memory. */
  readonly maxBytes?: number | undefined;
}

/**
 * The arrays of an npz file by name, elements as `loadNpy` reads them.
 *
 * Throws `DataError` for a file that is missing, damaged, larger unfolded than `maxBytes`, or has arrays of another kind.
 *
 * @example const { images, labels } = await loadNpz("data/digits.npz");
 */
export function loadNpz(file: string, options: LoadNpzOptions = {}): Promise<Readonly<Record<string, Tensor>>> {
  checkOptions("loadNpz", options, ["maxBytes"]);
  const { maxBytes = 2 ** 32 } = options;
  if (!(maxBytes >= 0)) {
    throw locate(new OptionError({ op: "loadNpz", summary: `maxBytes is ${maxBytes}`, fix: "pass a number of bytes" }));
  }
  return atCall(loadNpz, () =>
    withFile("npz", file, async (source) => {
      const bytes = await source.read(0, source.size);
      const arrays: [string, Tensor][] = [];
      for (const [name, content] of readZip(bytes, maxBytes, (n) => n.endsWith(".npy"), failFor("npz", file)))
        arrays.push([name.slice(0, -4), parseNpy(content, failFor("npz", `${file}, ${name.slice(0, 200)}`))]);
      return Object.fromEntries(arrays);
    }),
  );
}

export interface SaveNpzOptions {
  /** Deflate the arrays. Default false. */
  readonly compress?: boolean | undefined;
}

/**
 * Writes tensors by name to an npz file, which numpy.load opens; folders on the way are made.
 * Throws `OptionError` for arrays that are too large for the format together, 4 GiB.
 *
 * @example await saveNpz("runs/embeddings.npz", { vectors, labels }, { compress: true });
 */
export async function saveNpz(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveNpzOptions = {},
): Promise<void> {
  checkOptions("saveNpz", options, ["compress"]);
  const files: ZipFile[] = [];
  for (const [name, x] of Object.entries(tensors)) {
    const [header, elements] = await npyChunks(x);
    const content = new Uint8Array(header.length + elements.length);
    content.set(header);
    content.set(elements, header.length);
    files.push({ name: `${name}.npy`, content });
  }
  try {
    await replaceFile(file, zipChunks(files, options.compress ?? false));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw locate(
      new OptionError({ op: "saveNpz", summary: error.message, fix: "save several files, or saveSafetensors" }),
    );
  }
}
