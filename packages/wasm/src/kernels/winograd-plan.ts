/**
 * Sizes of a Winograd convolution: 6×6 input tiles that overlap by two, 4×4 output tiles. Tiles of one tile row
 * (n, ty) lie in sequence; a block is a number of consecutive tile rows and is what one task transforms. Blocks may
 * run over images; the last may be short.
 *
 * Layouts, in float32: V[36][tiles][channels], M[36][tiles][groupFilters] and U[36][filters/P][channels][P] in panels of
 * P = 8 filters, 16 where vectors have 256 bits, the last panel of as many as are left; planes at an odd cache-line pitch,
 * because all 36 are written in turn. The filters of a group are read in sequence, point after point: U is the largest of
 * the three and comes from far away.
 */

import { rowTileSizes } from "./contract-tile.ts";
import type { ConvShape } from "./conv-shape.ts";
import { type CodeOptions, planePitch } from "./kernel.ts";

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
  /** Vectors are joined to 256 bits. */
  readonly wide: boolean;
  /**
   * Rows (tiles) of the register tile. Of 128 bits, all register tiles have so many and buffers hold whole ones; of 256
   * bits it is the largest of several sizes that fill a block exactly.
   */
  readonly tileRows: number;
  /** Filters of a panel of U, the columns of the register tile. */
  readonly panel: number;
  /** Bytes from plane to plane. */
  readonly pitchV: number;
  readonly pitchM: number;
  readonly pitchU: number;
  /** Filters that are multiplied and transformed back together, whole panels unless all: keeps M near. */
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

/** Of 256 bits: the largest register tile, 6×16, and the rows from which on sums no longer wait for one another. */
const WIDE_TILE_ROWS = 6;
const HIDING_ROWS = 4;

/**
 * Tiles of a block: enough that the filters are worth fetching, few enough that V stays in the second-level cache, and
 * that small batches have tasks for every thread. Speed hardly changes between 14 and 64.
 */
const BLOCK_TILES = 16;
/**
 * Every block fetches all filters. Where these come from beyond the second-level cache, joined vectors would wait for them,
 * and blocks have more tiles.
 */
const FAR_BLOCK_TILES = 32;
const FAR_BYTES = 4e6;

const blockTilesOf = ({ channels, filters }: ConvShape, wide: boolean): number =>
  wide && POINTS * channels * filters * 4 > FAR_BYTES ? FAR_BLOCK_TILES : BLOCK_TILES;

/** Tile rows of a block: about `wanted` tiles, in a number that register tiles fill. */
export function bestBlockRows(tilesX: number, wanted: number, wide = false): number {
  const work = (tiles: number): number =>
    wide
      ? rowTileSizes(tiles, WIDE_TILE_ROWS).reduce((sum, size) => sum + Math.max(size, HIDING_ROWS), 0)
      : paddedTiles(tiles, bestTileRows(tiles));
  const score = (rows: number): number => {
    const tiles = rows * tilesX;
    return work(tiles) / tiles + 0.1 * Math.abs(Math.log(tiles / wanted));
  };
  const candidates = Array.from({ length: Math.ceil((2 * wanted) / tilesX) }, (_, i) => i + 1);
  return candidates.reduce((best, rows) => (score(rows) < score(best) ? rows : best));
}

/** Tiles that a task should transform where blocks are larger than tasks need be. */
const TASK_TILES = 16;

/** Tile rows that one task transforms into shared memory: with 256 bits, where blocks are large, a part of a block. */
export function taskRows(blockRows: number, tilesX: number, wide: boolean): number {
  if (!wide) return blockRows;
  const parts = Array.from({ length: blockRows }, (_, i) => i + 1).filter((rows) => blockRows % rows === 0);
  return parts.findLast((rows) => rows * tilesX <= TASK_TILES) ?? 1;
}

export interface WinogradVariant {
  /** Tile rows of a block; or about how many tiles it should have, which goes first. */
  readonly blockRows?: number;
  readonly blockTiles?: number;
  /** Rows of the register tile. */
  readonly tileRows?: number;
  readonly groupFilters?: number;
  readonly unroll?: number;
}

/** Without relaxed SIMD there are older engines, whose compilers do worse the more is unrolled. */
export function winogradPlan(
  shape: ConvShape,
  { relaxed, wide = false }: CodeOptions,
  variant: WinogradVariant = {},
): WinogradPlan {
  const [y, x] = shape.axes;
  const tilesY = Math.ceil(y.output / 4);
  const tilesX = Math.ceil(x.output / 4);
  const blockRows =
    variant.blockTiles === undefined && variant.blockRows !== undefined
      ? variant.blockRows
      : bestBlockRows(tilesX, variant.blockTiles ?? blockTilesOf(shape, wide), wide);
  const tiles = blockRows * tilesX;
  const tileRows = wide
    ? Math.max(HIDING_ROWS, variant.tileRows ?? WIDE_TILE_ROWS)
    : (variant.tileRows ?? bestTileRows(tiles));
  const panel = panelFilters(wide);
  const groupFilters = Math.min(Math.ceil((variant.groupFilters ?? 64) / panel) * panel, shape.filters);
  const held = wide ? tiles : paddedTiles(tiles, tileRows);
  return {
    shape,
    channels: shape.channels,
    filters: shape.filters,
    tilesY,
    tilesX,
    blockRows,
    blockTiles: tiles,
    wide,
    tileRows,
    panel,
    pitchV: planePitch(held * shape.channels * 4),
    pitchM: planePitch(held * groupFilters * 4),
    pitchU: filterPitch(shape.channels, shape.filters),
    groupFilters,
    unroll: variant.unroll ?? (!relaxed ? 1 : shape.channels % 8 === 0 ? 8 : 4),
  };
}

/** Filters of a panel of U. */
export const panelFilters = (wide: boolean): number => (wide ? 16 : 8);

/** Bytes from plane to plane of U, whatever its panels, and of the whole of U. */
export const filterPitch = (contracted: number, columns: number): number =>
  planePitch(Math.ceil(columns / 8) * contracted * 32);
export const filterBytes = (contracted: number, columns: number): number => POINTS * filterPitch(contracted, columns);

export const blockCount = (plan: WinogradPlan, batch: number): number =>
  Math.ceil((batch * plan.tilesY) / plan.blockRows);

/** Sizes of register tiles that a block of the plan, whole or short, may be cut into where vectors have 256 bits. */
export function rowSizesOf({ tilesX, blockRows, tileRows }: WinogradPlan): ReadonlySet<number> {
  const counts = Array.from({ length: blockRows }, (_, i) => (i + 1) * tilesX);
  return new Set(counts.flatMap((tiles) => rowTileSizes(tiles, tileRows)));
}

/** What keys of code end with where it depends on the engine. */
export const codeKey = ({ relaxed, wide }: CodeOptions): string => `${relaxed ? "" : " plain"}${wide ? " wide" : ""}`;
