/**
 * `writeImage`: a tensor as a PNG or JPEG file.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { checkOptions, DTypeError, locate, OptionError, ShapeError, type Tensor } from "@prewitt/core";
import { encodeJpeg } from "./jpeg.ts";
import { type Channels, interleave } from "./pixels.ts";
import { encodePng } from "./png.ts";

export interface WriteImageOptions {
  /** Of JPEG files, from 1 to 100. Default 90. */
  readonly quality?: number | undefined;
}

function checkImage(image: Tensor): { channels: Channels; height: number; width: number } {
  const operands = [{ name: "image", shape: image.shape, dtype: image.dtype }];
  if (image.dtype !== "uint8") {
    throw locate(
      new DTypeError({
        op: "writeImage",
        summary: "pictures are bytes",
        operands,
        fix: 'image.mul(255).round().clamp(0, 255).cast("uint8") for values from 0 to 1',
      }),
    );
  }
  const [channels, height, width] = image.shape as [number, number, number];
  if (image.shape.length === 3 && [1, 3, 4].includes(channels) && height > 0 && width > 0)
    return { channels: channels as Channels, height, width };
  throw locate(
    new ShapeError({
      op: "writeImage",
      summary: "a picture is [C, H, W] with 1, 3 or 4 channels",
      operands,
      fix: image.shape.length === 4 ? "take one of the batch, batch.slice(…).squeeze(0)" : "reshape it to [3, H, W]",
    }),
  );
}

/**
 * Writes uint8 [C, H, W], grey, colour, or colour and alpha, to a file; folders on the way are made. The ending chooses
 * the format: .png, .jpg or .jpeg.
 *
 * Throws `DTypeError`, `ShapeError`, and `OptionError` for another ending, quality or option.
 *
 * @example await writeImage("runs/out.png", image);
 */
export async function writeImage(file: string, image: Tensor, options: WriteImageOptions = {}): Promise<void> {
  checkOptions("writeImage", options, ["quality"]);
  const { quality = 90 } = options;
  const { channels, height, width } = checkImage(image);
  const ending = extname(file).toLowerCase();
  const png = ending === ".png";
  const problems = [
    ...(png || ending === ".jpg" || ending === ".jpeg" ? [] : [`"${ending}" is none of .png, .jpg, .jpeg`]),
    ...(Number.isInteger(quality) && quality >= 1 && quality <= 100
      ? []
      : [`quality is ${quality}, not from 1 to 100`]),
    ...(!png && channels === 4 ? ["JPEG has no alpha"] : []),
  ];
  if (problems.length > 0) {
    throw locate(
      new OptionError({ op: "writeImage", summary: `${file} cannot be written`, problems, fix: "write a .png file" }),
    );
  }
  const data = interleave((await image.data()) as Uint8Array, channels);
  const bytes = png
    ? encodePng(data, width, height, channels)
    : await encodeJpeg(data, width, height, channels, quality);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
