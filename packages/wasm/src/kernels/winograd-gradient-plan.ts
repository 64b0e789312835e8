/**
 * Sizes of the Winograd weight gradient: tiles of x (6×6) and dy (4×4) at the same places, transformed in blocks of tile
 * rows into panels of four channels, [36][channels/4][tiles of a block][4].
 */

import type { ConvShape } from "./conv-shape.ts";
import { type CodeOptions, planePitch } from "./kernel.ts";
import { channelsTogether, type InputTransform } from "./winograd-input.ts";

export interface WinogradWeightGradientVariant {
  /** Tile rows transformed together. */
  readonly blockRows?: number;
  /** Chunked: number of partial sums. */
  readonly chunks?: number;
  /** Staged: extents of the part of dw that one task makes, multiples of 8. */
  readonly blockFilters?: number;
  readonly blockChannels?: number;
  readonly unroll?: number;
}

export interface WinogradWeightGradientSpec extends CodeOptions {
  /** The shape of the forward convolution. */
  readonly shape: ConvShape;
  readonly arrangement: "chunked" | "staged";
  readonly variant?: WinogradWeightGradientVariant;
}

export interface Tiles {
  readonly tilesY: number;
  readonly tilesX: number;
  readonly blockRows: number;
  readonly x: InputTransform;
  readonly dy: InputTransform;
}

export function tilesOf(shape: ConvShape, blockTiles: number, blockRowsOption: number | undefined): Tiles {
  const [y, x] = shape.axes;
  const tilesY = Math.ceil(y.output / 4);
  const tilesX = Math.ceil(x.output / 4);
  const blockRows = blockRowsOption ?? Math.max(1, Math.round(blockTiles / tilesX));
  const vectorStep = blockRows * tilesX * 16;
  const common = { tilesY, tilesX, tileStep: 16, vectorStep };
  const image = (channels: number) => ({
    channels,
    pitch: planePitch((channels / 4) * vectorStep),
    together: channelsTogether(channels),
  });
  return {
    tilesY,
    tilesX,
    blockRows,
    x: {
      ...common,
      ...image(shape.channels),
      window: 6,
      height: y.input,
      width: x.input,
      padY: y.padBefore,
      padX: x.padBefore,
    },
    dy: { ...common, ...image(shape.filters), window: 4, height: y.output, width: x.output, padY: 0, padX: 0 },
  };
}

/** What keys of code without relaxed SIMD end with. */
export const plain = (relaxed: boolean): string => (relaxed ? "" : " plain");
