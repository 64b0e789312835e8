/**
 * `readImage`: a PNG or JPEG file as a tensor.
 */

import { readFile } from "node:fs/promises";
import { captureSite, checkOptions, DataError, formatSite, OptionError, type Tensor, tensor } from "@prewitt/core";
import { decodeJpeg, isJpeg } from "./jpeg.ts";
import { type Channels, planesOf } from "./pixels.ts";
import { decodePng, isPng } from "./png.ts";

export interface ReadImageOptions {
  /** 3 for colour (the default), 1 for grey, 4 for colour and alpha. Files of any kind are brought to it. */
  readonly channels?: Channels | undefined;
  /** Most pixels that are read (default 2²⁸), so that a small hostile file cannot fill the memory. */
  readonly maxPixels?: number | undefined;
}

const MAX_PIXELS = 2 ** 28;

function readOptions(op: string, options: ReadImageOptions): { channels: Channels; maxPixels: number } {
  checkOptions(op, options, ["channels", "maxPixels"]);
  const { channels = 3, maxPixels = MAX_PIXELS } = options;
  const problems = [
    ...([1, 3, 4].includes(channels) ? [] : [`channels is ${channels}, and must be 1, 3 or 4`]),
    ...(Number.isSafeInteger(maxPixels) && maxPixels > 0 ? [] : [`maxPixels is ${maxPixels}, and must be a count`]),
  ];
  if (problems.length === 0) return { channels, maxPixels };
  throw new OptionError({ op, summary: "impossible options", problems, fix: "pass for instance { channels: 1 }" });
}

/**
 * The picture in the bytes of a PNG or JPEG file, as uint8 [C, H, W]; `name` names it in errors.
 *
 * 16-bit samples are rounded to 8. Colours become grey by their luma (ITU-R BT.601); alpha is left out unless 4 channels
 * are asked for. The orientation that cameras note in JPEG files is not applied.
 *
 * Throws `DataError` for bytes that are neither, damaged, or more pixels than `maxPixels`, and `OptionError`.
 *
 * @example const image = await decodeImage(await response.bytes(), "upload.png"); // uint8 [3, H, W]
 */
export async function decodeImage(bytes: Uint8Array, name: string, options: ReadImageOptions = {}): Promise<Tensor> {
  const at = formatSite(captureSite(decodeImage));
  return decoded("decodeImage", bytes, name, options, at);
}

async function decoded(
  op: string,
  bytes: Uint8Array,
  name: string,
  options: ReadImageOptions,
  at: string,
): Promise<Tensor> {
  const { channels, maxPixels } = readOptions(op, options);
  const fail = (summary: string, problem: string, fix: string): never => {
    throw new DataError({ op, summary: `${name}: ${summary}`, problems: [problem], fix, at });
  };
  if (!isPng(bytes) && !isJpeg(bytes)) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return fail("neither PNG nor JPEG", `it begins with ${start || "nothing"}`, "convert it to PNG");
  }
  try {
    const pixels = isPng(bytes) ? decodePng(bytes, maxPixels) : await decodeJpeg(bytes, maxPixels);
    return tensor(planesOf(pixels, channels), { shape: [channels, pixels.height, pixels.width], copy: false });
  } catch (error) {
    return fail("cannot be decoded", (error as Error).message, "get or write the file again");
  }
}

/**
 * A PNG or JPEG file as uint8 [C, H, W]; see `decodeImage` for what becomes of its samples.
 *
 * Throws `DataError` for a file that is missing, neither, damaged, or has more pixels than `maxPixels`; `OptionError`.
 *
 * @example
 * const image = await readImage("photo.jpg");            // uint8 [3, H, W]
 * const batch = image.cast("float32").div(255).unsqueeze(0);
 */
export async function readImage(file: string, options: ReadImageOptions = {}): Promise<Tensor> {
  const at = formatSite(captureSite(readImage));
  readOptions("readImage", options);
  const bytes = await readFile(file).catch((cause: Error) => {
    const problems = [cause.message];
    throw new DataError({
      op: "readImage",
      summary: `${file}: cannot be read`,
      problems,
      fix: "check the path",
      at,
      cause,
    });
  });
  return decoded("readImage", bytes, file, options, at);
}
