/**
 * Sizes of the Winograd weight gradient: tiles of x (6×6) and dy (4×4) at the same places, transformed in blocks of tile
 * rows into panels of w vectors of channels, two that can be joined or one, [36][channels/4w][tiles of a block][4w].
 */

import type { ConvShape } from "./conv-shape.ts";
import { type CodeOptions, planePitch } from "./kernel.ts";
import type { AccumulatePlan } from "./winograd-accumulate.ts";
import { type InputTransform, unitsOf } from "./winograd-input.ts";

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

export function tilesOf(
  shape: ConvShape,
  blockTiles: number,
  { wide = false }: CodeOptions,
  blockRowsOption: number | undefined,
): Tiles {
  const [y, x] = shape.axes;
  const tilesY = Math.ceil(y.output / 4);
  const tilesX = Math.ceil(x.output / 4);
  const blockRows = blockRowsOption ?? Math.max(1, Math.round(blockTiles / tilesX));
  const common = { tilesY, tilesX };
  const image = (channels: number) => {
    const units = unitsOf(channels, wide);
    const tileStep = 16 * units.width;
    const unitStep = blockRows * tilesX * tileStep;
    return { channels, units, tileStep, unitStep, pitch: planePitch((channels / 4 / units.width) * unitStep) };
  };
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

/** The products of some filters and channels from transformed tiles. */
export const productsOf = (t: Tiles, filters: number, channels: number, unroll: number): AccumulatePlan => ({
  filters,
  channels,
  pitchY: t.dy.pitch,
  pitchV: t.x.pitch,
  widthY: t.dy.units.width,
  width: t.x.units.width,
  panelY: t.dy.unitStep,
  panelV: t.x.unitStep,
  unroll,
});
