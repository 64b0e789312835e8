/**
 * safetensors files on disk. A file appears under its name only when it is whole: a run that is killed while saving
 * leaves the previous file as it was.
 */

import { checkOptions, type Tensor } from "@prewitt/core";
import { withFile } from "../files/byte-source.ts";
import { atCall } from "../files/file-error.ts";
import { replaceFile } from "../files/replace-file.ts";
import { readContent, type SafetensorsContent, safetensorsChunks } from "./safetensors.ts";

export interface SaveOptions {
  /** Notes for the reader, text by name. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes tensors by name, such as a model's `stateDict()`, to `file`; folders on the way are made.
 *
 * @example await saveSafetensors("runs/mnist/weights.safetensors", model.stateDict());
 */
export async function saveSafetensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SaveOptions = {},
): Promise<void> {
  checkOptions("saveSafetensors", options, ["metadata"]);
  await replaceFile(file, safetensorsChunks(tensors, options.metadata ?? {}));
}

/**
 * Reads the tensors of a safetensors file by name; element types as `decodeSafetensors` reads them.
 *
 * Throws `DataError`, naming the file and what was found, when it is missing or damaged.
 *
 * @example model.loadStateDict(await loadSafetensors("runs/mnist/weights.safetensors"));
 */
export async function loadSafetensors(file: string): Promise<Readonly<Record<string, Tensor>>> {
  const { tensors } = await atCall(loadSafetensors, () => withFile("safetensors", file, readContent));
  return tensors;
}

/** Like `loadSafetensors`, with the writer's notes: { tensors, metadata }. */
export function readSafetensors(file: string): Promise<SafetensorsContent> {
  return atCall(readSafetensors, () => withFile("safetensors", file, readContent));
}
