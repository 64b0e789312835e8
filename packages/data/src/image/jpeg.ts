/** JPEG files, by sharp, which is loaded when the first one is read or written. */

import type { Channels, Pixels } from "./pixels.ts";

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

async function loadSharp() {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    throw new Error(`sharp, which reads and writes JPEG, cannot be loaded: ${(error as Error).message}`);
  }
}

/** Throws an `Error` that says what is wrong with the file. */
export async function decodeJpeg(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: "truncated" });
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels as Pixels["channels"], data };
}

/** The bytes of a JPEG file. */
export async function encodeJpeg(
  data: Uint8Array,
  width: number,
  height: number,
  channels: Channels,
  quality: number,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } }).jpeg({ quality }).toBuffer();
}
