/**
 * Sizes of a Winograd convolution: 6×6 input tiles that overlap by two, 4×4 output tiles. Tiles of one tile row
 * (n, ty) lie in sequence; a block is a number of consecutive tile rows and is what one task transforms. Blocks may
 * run over images; the last may be short.
 *
 * Layouts, in float32: V[36][tiles][channels], M[36][tiles][groupFilters] and U[36][filters/8][channels][8], the last panel of
 * 4 if filters is not a multiple of 8; planes at an odd cache-line pitch, because all 36 are written in turn. The filters
 * of a group are read in sequence, point after point: U is the largest of the three and comes from far away.
 */

import type { ConvShape } from "./conv-shape.ts";
import { planePitch } from "./kernel.ts";

export const POINTS = 36;

export interface WinogradPlan {
  readonly shape: ConvShape;
  readonly channels: number;
  readonly filters: number;
  readonly tilesY: number;
  readonly tilesX: number;
  /** Tile rows of a block, and tiles of a whole block. */
  readonly blockRows: number;
  readonly blockTiles: number;
  /** Rows (tiles) of the register tile; buffers hold whole register tiles. */
  readonly tileRows: number;
  /** Bytes from plane to plane. */
  readonly pitchV: number;
  readonly pitchM: number;
  readonly pitchU: number;
  /** Filters that are multiplied and transformed back together, a multiple of 8 unless all: keeps M near. */
  readonly groupFilters: number;
  readonly unroll: number;
}

/** Whether F(4×4, 3×3) can compute this shape at all. */
export function winogradFits({ groups, channels, filters, axes }: ConvShape): boolean {
  const plain = axes.every(
    (axis) =>
      axis.kernel === 3 && axis.stride === 1 && axis.dilation === 1 && axis.padBefore >= 0 && axis.padBefore <= 2,
  );
  return plain && groups === 1 && channels % 4 === 0 && filters % 4 === 0 && axes.every((axis) => axis.output > 0);
}

/** The register tile that wastes the fewest rows on `tiles`; of equals, 4×8, which leaves registers free. */
const paddedTiles = (tiles: number, rows: number): number => Math.ceil(tiles / rows) * rows;
const bestTileRows = (tiles: number): number =>
  (tiles < 4 ? [tiles] : [4, 6, 5]).reduce((best, rows) =>
    paddedTiles(tiles, rows) < paddedTiles(tiles, best) ? rows : best,
  );

/**
 * Tiles of a block: enough that the filters are worth fetching, few enough that V stays in the second-level cache, and
 * that small batches have tasks for every thread. Speed hardly changes between 14 and 64.
 */
const BLOCK_TILES = 16;

/** Tile rows of a block: about `wanted` tiles, in a number that register tiles fill. */
export function bestBlockRows(tilesX: number, wanted: number): number {
  const score = (rows: number): number => {
    const tiles = rows * tilesX;
    return paddedTiles(tiles, bestTileRows(tiles)) / tiles + 0.1 * Math.abs(Math.log(tiles / wanted));
  };
  const candidates = Array.from({ length: Math.ceil((2 * wanted) / tilesX) }, (_, i) => i + 1);
  return candidates.reduce((best, rows) => (score(rows) < score(best) ? rows : best));
}

export interface WinogradVariant {
  /** Tile rows of a block. */
  readonly blockRows?: number;
  /** Rows of the register tile. */
  readonly tileRows?: number;
  readonly groupFilters?: number;
  readonly unroll?: number;
}

/** Without relaxed SIMD there are older engines, whose compilers do worse the more is unrolled. */
export function winogradPlan(shape: ConvShape, relaxed: boolean, variant: WinogradVariant = {}): WinogradPlan {
  const [y, x] = shape.axes;
  const tilesY = Math.ceil(y.output / 4);
  const tilesX = Math.ceil(x.output / 4);
  const blockRows = variant.blockRows ?? bestBlockRows(tilesX, BLOCK_TILES);
  const tiles = blockRows * tilesX;
  const tileRows = variant.tileRows ?? bestTileRows(tiles);
  const groupFilters = Math.min(variant.groupFilters ?? 64, shape.filters);
  const held = Math.ceil(tiles / tileRows) * tileRows;
  return {
    shape,
    channels: shape.channels,
    filters: shape.filters,
    tilesY,
    tilesX,
    blockRows,
    blockTiles: tiles,
    tileRows,
    pitchV: planePitch(held * shape.channels * 4),
    pitchM: planePitch(held * groupFilters * 4),
    pitchU: filterPitch(shape.channels, shape.filters),
    groupFilters,
    unroll: variant.unroll ?? (!relaxed ? 1 : shape.channels % 8 === 0 ? 8 : 4),
  };
}

/** Bytes of a panel of eight filters at one point, from plane to plane of U, and of the whole of U. */
export const panelBytes = (contracted: number): number => contracted * 32;
export const filterPitch = (contracted: number, columns: number): number =>
  planePitch(Math.ceil(columns / 8) * panelBytes(contracted));
export const filterBytes = (contracted: number, columns: number): number => POINTS * filterPitch(contracted, columns);

export const blockCount = (plan: WinogradPlan, batch: number): number =>
  Math.ceil((batch * plan.tilesY) / plan.blockRows);
