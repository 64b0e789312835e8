/**
 * idx files from disk, plain or compressed with gzip: the content decides, not the name.
 */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { captureSite, DataError, formatSite, PrewittError } from "@prewitt/core";
import { type IdxExpectation, parseIdx } from "./idx.ts";
import type { NdArray } from "./nd-array.ts";

/** The bytes without gzip, when they are gzip. Throws `DataError` when the compressed data is damaged. */
export function decompress(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new DataError({
      op: "idx",
      summary: `${file}: the gzip data is damaged`,
      problems: [`${bytes.length.toLocaleString("en-US")} compressed bytes: ${(cause as Error).message}`],
      fix: "get the file again",
      cause,
    });
  }
}

/** The content of a file, decompressed. */
export function readBytes(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new DataError({ op: "idx", summary: `${file}: cannot be read`, problems: [(cause as Error).message], cause });
  }
  return decompress(bytes, file);
}

/**
 * Reads an idx file of unsigned bytes, gzip or not.
 *
 * Throws `DataError`, naming the file and what was found, when it is missing, damaged, of another type, or of another
 * shape than `expected`.
 *
 * @example const { data, shape } = readIdx("digits/images.idx.gz", { shape: [null, 28, 28] });
 */
export function readIdx(file: string, expected: IdxExpectation = {}): NdArray<Uint8Array> {
  try {
    return parseIdx(readBytes(file), file, expected);
  } catch (error) {
    throw error instanceof PrewittError ? error.fill({ at: formatSite(captureSite()) }) : error;
  }
}
