/**
 * Decoded pictures: bytes as files have them, pixel after pixel, and the change to planes [C, H, W] of 1, 3 or 4 channels.
 */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Grey, grey and alpha, red green blue, or with alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** [H, W, channels] */
  readonly data: Uint8Array;
}

/** Channels of a tensor: grey, colour, colour and alpha. */
export type Channels = 1 | 3 | 4;

/** Luma of ITU-R BT.601 in 16-bit fixed point, as Pillow computes it. */
const luma = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** Where channel `c` of the result comes from: a channel of the picture, -1 for opaque. */
function sourceOf(from: Pixels["channels"], c: number): number {
  const grey = from <= 2;
  if (c === 3) return from === 2 ? 1 : from === 4 ? 3 : -1;
  return grey ? 0 : c;
}

/** Planes of `to` channels. Alpha is left out or 255 where it is missing; grey is the luma of colours. */
export function planesOf({ data, width, height, channels: from }: Pixels, to: Channels): Uint8Array {
  const size = width * height;
  const planes = new Uint8Array(size * to);
  if (to === 1 && from >= 3) {
    for (let i = 0; i < size; i++) {
      const at = i * from;
      planes[i] = luma(data[at] as number, data[at + 1] as number, data[at + 2] as number);
    }
    return planes;
  }
  for (let c = 0; c < to; c++) {
    const source = sourceOf(from, c);
    const plane = planes.subarray(c * size, (c + 1) * size);
    if (source < 0) plane.fill(255);
    else for (let i = 0, at = source; i < size; i++, at += from) plane[i] = data[at] as number;
  }
  return planes;
}

/** Planes [C, H, W] pixel after pixel. */
export function interleave(planes: Uint8Array, channels: Channels): Uint8Array {
  const size = planes.length / channels;
  const out = new Uint8Array(planes.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0, at = c; i < size; i++, at += channels) out[at] = planes[c * size + i] as number;
  }
  return out;
}
