/**
 * The picture of a view in the making: colours of 0 … 1 in three planes, and a class for every pixel.
 */

import { HEIGHT, WIDTH } from "./road-geometry.ts";

export type Colour = readonly [red: number, green: number, blue: number];

export interface Canvas {
  readonly colours: Float32Array;
  readonly mask: Int32Array;
}

const AREA = HEIGHT * WIDTH;

export function newCanvas(): Canvas {
  return { colours: new Float32Array(3 * AREA), mask: new Int32Array(AREA) };
}

/** Covers a share of a pixel. */
export function paint({ colours }: Canvas, at: number, colour: Colour, share = 1, brightness = 1): void {
  for (let c = 0, i = at; c < 3; c++, i += AREA) {
    colours[i] = (1 - share) * (colours[i] as number) + share * brightness * (colour[c] as number);
  }
}
