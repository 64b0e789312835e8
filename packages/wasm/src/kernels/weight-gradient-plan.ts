/**
 * Sizes of the direct weight gradient dw[o, c, ky, kx] = Σ_{n, p} dy[n, o, p] · x[n, c, p·s − pad + k·dil].
 *
 * Work comes in units: some rows of one image, or some whole small images, whose x and dy are copied near before all of dw
 * meets them. Sums over units are kept in `partial`; a chunk is a run of units with sums of its own, set by the shape.
 * Inside a chunk every element is one chain over (image, row, column), however units are cut.
 *
 * Two arrangements. `panels`: x and dy in panels of four channels, register tiles of 4 filters × 8 channels for each tap.
 * `taps`, for few input channels: register tiles of taps·channels × 8 filters, dy read in place.
 *
 * Where the engine joins pairs of vectors (`wide`), tiles are twice as wide, and panels of x have eight channels, so that
 * the vectors of a pair are neighbours. Some shapes whose channels fill no such tile then go by `taps`, over the units of
 * `panels`. Neither units nor chunks depend on it, so bits do not either.
 */

import { type ChunkRule, chunkCount, chunkRule } from "./conv-chunks.ts";
import type { ConvShape } from "./conv-shape.ts";
import { type CodeOptions, planePitch } from "./kernel.ts";

export interface WeightGradientVariant {
  readonly arrangement?: "panels" | "taps";
  /** Output rows of a unit, and images of a unit that has all rows. */
  readonly blockRows?: number;
  readonly images?: number;
  /** Channels of a task, a multiple of 8 (panels only). */
  readonly blockChannels?: number;
  readonly chunks?: number;
  readonly rows?: number;
  readonly unroll?: number;
}

export interface WeightGradientPlan {
  readonly shape: ConvShape;
  readonly arrangement: "panels" | "taps";
  /** Fetch dy in sequence, before tiles walk a part of each pixel (taps). */
  readonly touchesY: boolean;
  /** Vectors of a register tile, across channels (panels) or filters (taps), and of a panel of x. */
  readonly tileVectors: 2 | 4;
  readonly panelVectors: 1 | 2;
  readonly blockRows: number;
  readonly rowBlocks: number;
  readonly images: number;
  readonly chunks: ChunkRule;
  readonly blockChannels: number;
  readonly channelBlocks: number;
  readonly rows: number;
  readonly unroll: number;
  /** Extents of the padded copy of x. */
  readonly copiedRows: number;
  readonly copiedColumns: number;
  /** Bytes between panels of x and of dy (panels), and of one image's part of such a panel. */
  readonly imageX: number;
  readonly imageY: number;
  readonly pitchX: number;
  readonly pitchY: number;
  /** Bytes of the sums of one group, and of one chunk. */
  readonly groupBytes: number;
  readonly chunkBytes: number;
}

const TILE = 4 * 8 * 4;
/** Scratch that copies should stay under, and bytes of partial sums. */
const COPY_BYTES = 256 * 1024;
const PARTIAL_BYTES = 8 * 1024 * 1024;
/** Positions that a chunk should have; tasks that there should be, at a batch of the usual size. */
const CHUNK_POSITIONS = 512;
const TASKS = 8;
const USUAL_BATCH = 32;

export const taps = ({ axes: [y, x] }: ConvShape): number => y.kernel * x.kernel;

/**
 * Whether tiles across filters are fuller than those across channels, which 16 channels fill: few channels, and no more
 * taps of them than one function should hold.
 */
function tapsFillTiles(shape: ConvShape): boolean {
  const { channels, filters } = shape;
  return filters % 4 === 0 && filters >= 8 && channels <= 12 && channels * taps(shape) <= 200;
}

export function weightGradientPlan(
  shape: ConvShape,
  { relaxed, wide = false }: CodeOptions,
  variant: WeightGradientVariant = {},
): WeightGradientPlan {
  const {
    groups,
    channels,
    filters,
    axes: [y, x],
  } = shape;
  const places = channels * taps(shape);
  const few = places <= 48 && filters % 4 === 0;
  /** The arrangement that units and chunks are cut for, and with them the order of every sum. */
  const units = variant.arrangement ?? (few ? "taps" : "panels");
  const arrangement = variant.arrangement ?? (wide && tapsFillTiles(shape) ? "taps" : units);
  if (arrangement === "taps" && filters % 4 !== 0)
    throw new Error(`the taps arrangement needs filters in fours, got ${filters}`);
  const bytesOfGroup = (of: "panels" | "taps"): number =>
    of === "taps"
      ? Math.ceil(filters / 8) * places * 32
      : Math.ceil(filters / 4) * Math.ceil(channels / 8) * taps(shape) * TILE;
  const groupBytes = bytesOfGroup(arrangement);
  const positions = y.output * x.output;
  const chunks = chunkRule(positions, CHUNK_POSITIONS, groups * bytesOfGroup(units), PARTIAL_BYTES, variant.chunks);
  // Where a usual batch gives few chunks, blocks of channels make tasks.
  const split = Math.max(1, Math.ceil(TASKS / (chunkCount(chunks, USUAL_BATCH) * groups)));
  const blockChannels =
    units === "taps"
      ? channels
      : Math.min(channels, variant.blockChannels ?? Math.max(8, Math.ceil(channels / split / 8) * 8));
  const rowsOf = (block: number): number => (block - 1) * y.stride + (y.kernel - 1) * y.dilation + 1;
  const copiedColumns = (x.output - 1) * x.stride + (x.kernel - 1) * x.dilation + 1;
  const vectorsX = units === "taps" ? channels / 4 : Math.ceil(blockChannels / 4);
  const vectorsY = units === "taps" ? 0 : Math.ceil(filters / 4);
  const bytesOf = (block: number): number =>
    (rowsOf(block) * copiedColumns * vectorsX + block * x.output * vectorsY) * 16;
  const near = units === "taps" ? 192 : 512;
  const fitting = Array.from({ length: y.output }, (_, i) => i + 1).filter(
    (n) => n === 1 || (bytesOf(n) <= COPY_BYTES && n * x.output <= near),
  );
  const blockRows = Math.min(variant.blockRows ?? fitting.at(-1) ?? 1, Math.max(1, y.output));
  const rowBlocks = Math.ceil(y.output / blockRows);
  const wanted = Math.min(Math.floor(COPY_BYTES / bytesOf(blockRows)), Math.floor(near / (blockRows * x.output)));
  const images = rowBlocks === 1 && units === "panels" ? Math.max(1, variant.images ?? wanted) : 1;
  const copiedRows = rowsOf(blockRows);
  const panelVectors = wide && channels > 4 ? 2 : 1;
  const imageX = copiedRows * copiedColumns * panelVectors * 16;
  const imageY = blockRows * x.output * 16;
  return {
    shape,
    arrangement,
    // A tile of 16 filters takes one line of a pixel, others much later.
    touchesY: wide && arrangement === "taps" && groups === 1 && filters >= 32,
    tileVectors: wide ? 4 : 2,
    panelVectors,
    blockRows,
    rowBlocks,
    images,
    chunks,
    blockChannels: arrangement === "taps" ? channels : blockChannels,
    copiedRows,
    copiedColumns,
    imageX,
    imageY,
    groupBytes,
    channelBlocks: arrangement === "taps" ? 1 : Math.ceil(channels / blockChannels),
    rows: variant.rows ?? (wide ? 6 : relaxed ? 5 : 4),
    unroll: variant.unroll ?? (relaxed ? 4 : 1),
    pitchX: planePitch(images * imageX),
    pitchY: planePitch(images * imageY),
    chunkBytes: Math.ceil((groups * groupBytes) / 64) * 64,
  };
}

/** Units of a batch: whole images in order, or the row blocks of each image in order. */
export const unitCount = (plan: WeightGradientPlan, batch: number): number =>
  plan.rowBlocks === 1 ? Math.ceil(batch / plan.images) : batch * plan.rowBlocks;
