/**
 * PNG files: W3C, "Portable Network Graphics", third edition.
 *
 * fast-png decodes; before it gets a file, the chunks that it needs are picked out and their sizes checked, and the
 * compressed pixels are inflated once to see that they are as many as the header says: a small file may claim, or unfold
 * into, more than there is memory.
 */

import { inflateSync } from "node:zlib";
import { decode, encode } from "fast-png";
import type { Channels, Pixels } from "./pixels.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const KEPT = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

interface Chunk {
  readonly type: string;
  /** Length, type, data and checksum. */
  readonly whole: Uint8Array;
  readonly data: Uint8Array;
}

/** The chunks that make the picture. Throws `RangeError` for a file that is cut off. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; ; ) {
    if (at + 12 > bytes.length) throw new RangeError(`it is cut off after ${bytes.length} bytes`);
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw new RangeError(`a chunk ends at byte ${end}, the file at ${bytes.length}`);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (KEPT.has(type)) chunks.push({ type, whole: bytes.subarray(at, end), data: bytes.subarray(at + 8, end - 4) });
    if (type === "IEND") return chunks;
    at = end;
  }
}

/** Samples of a pixel by colour type. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes of the pixels before compression, filter bytes included; at most, for interlaced pictures. */
function checkHeader(chunks: readonly Chunk[], maxPixels: number): number {
  const header = chunks[0];
  if (header?.type !== "IHDR" || header.data.length !== 13) throw new RangeError("it does not begin with its header");
  const view = new DataView(header.data.buffer, header.data.byteOffset, 13);
  const [width, height, depth, colour] = [view.getUint32(0), view.getUint32(4), view.getUint8(8), view.getUint8(9)];
  if (width === 0 || height === 0) throw new RangeError(`it has ${width} × ${height} pixels`);
  if (width * height > maxPixels)
    throw new RangeError(`it has ${width} × ${height} pixels, more than maxPixels: ${maxPixels}`);
  const perPixel = samples[colour];
  if (perPixel === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw new RangeError(`it has colour type ${colour} with ${depth} bits`);
  const rowOf = (n: number): number => 1 + Math.ceil((n * perPixel * depth) / 8);
  // Adam7 has seven pictures, whose rows are together at most 15/8 of the height.
  return view.getUint8(12) === 0 ? height * rowOf(width) : 2 * (height + 8) * rowOf(width);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Throws an `Error` that says what is wrong with the file. */
export function decodePng(bytes: Uint8Array, maxPixels: number): Pixels {
  const chunks = chunksOf(bytes);
  const size = checkHeader(chunks, maxPixels);
  const pixels = joined(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  inflateSync(pixels, { maxOutputLength: size });
  const file = joined([bytes.subarray(0, SIGNATURE.length), ...chunks.map(({ whole }) => whole)]);
  const image = decode(file, { checkCrc: true });
  const { width, height } = image;
  if (image.palette !== undefined) return fromPalette(image.data, width, height, image.depth, image.palette);
  const data = toBytes(image.data, width * image.channels, height, image.depth);
  return { width, height, channels: image.channels as Pixels["channels"], data };
}

type Samples = Uint8Array | Uint8ClampedArray | Uint16Array;

/** Samples of any depth as bytes: 16 bits rounded, fewer than 8 stretched. */
function toBytes(data: Samples, perRow: number, rows: number, depth: number): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  if (depth === 16) return Uint8Array.from(data, (v) => Math.round(v / 257));
  const scale = 255 / (2 ** depth - 1);
  return unpack(data, perRow, rows, depth).map((v) => v * scale);
}

/** Samples of 1, 2 or 4 bits, which rows begin at whole bytes. */
function unpack(data: Samples, perRow: number, rows: number, depth: number): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  const out = new Uint8Array(perRow * rows);
  const stride = Math.ceil((perRow * depth) / 8);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < perRow; x++) {
      const bit = x * depth;
      const byte = data[y * stride + (bit >> 3)] as number;
      out[y * perRow + x] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return out;
}

function fromPalette(
  packed: Samples,
  width: number,
  height: number,
  depth: number,
  palette: readonly (readonly number[])[],
): Pixels {
  const indices = unpack(packed, width, height, depth);
  const channels = palette.some((colour) => colour.length === 4) ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  indices.forEach((index, i) => {
    const colour = palette[index];
    if (colour === undefined) throw new RangeError(`pixel ${i} has colour ${index} of a palette of ${palette.length}`);
    for (let c = 0; c < channels; c++) data[i * channels + c] = colour[c] ?? 255;
  });
  return { width, height, channels, data };
}

/** The bytes of a PNG file of 8 bits. */
export function encodePng(data: Uint8Array, width: number, height: number, channels: Channels): Uint8Array {
  return encode({ width, height, data, depth: 8, channels });
}
