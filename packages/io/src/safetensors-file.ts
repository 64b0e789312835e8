/**
 * safetensors files on disk. A file appears under its name only when it is whole: a run that is killed while saving
 * leaves the previous file as it was.
 */

import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { captureSite, checkOptions, DataError, formatSite, PrewittError, type Tensor } from "@prewitt/core";
import { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors.ts";

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
  const bytes = await encodeSafetensors(tensors, options.metadata);
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.part`;
  try {
    const handle = await open(partial, "w");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Reads the tensors of a safetensors file by name.
 *
 * Throws `DataError`, naming the file and what was found, when it is missing or damaged.
 *
 * @example model.loadStateDict(await loadSafetensors("runs/mnist/weights.safetensors"));
 */
export async function loadSafetensors(file: string): Promise<Readonly<Record<string, Tensor>>> {
  return (await readSafetensors(file)).tensors;
}

/** Like `loadSafetensors`, with the writer's notes: { tensors, metadata }. */
export async function readSafetensors(file: string): Promise<SafetensorsContent> {
  const site = captureSite(readSafetensors);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new DataError({
      op: "safetensors",
      summary: `${file}: cannot be read`,
      problems: [(cause as Error).message],
      at: formatSite(site),
      cause,
    });
  }
  try {
    return decodeSafetensors(bytes, file);
  } catch (error) {
    throw error instanceof PrewittError ? error.fill({ at: formatSite(site) }) : error;
  }
}
