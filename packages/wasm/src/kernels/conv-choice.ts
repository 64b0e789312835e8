/**
 * Which algorithm computes a convolution: from its inner shape alone, because Winograd rounds differently: runs must repeat
 * bit for bit, an image's result must not depend on how many come with it, and another batch must be no new code. Where both direct and Winograd apply, a small model decides, in cycles of one core for
 * vectors of four; its constants were fitted to measurements of the generated kernels.
 */

import { depthwiseFits } from "./conv-depthwise.ts";
import type { ConvShape } from "./conv-shape.ts";
import type { CodeOptions } from "./kernel.ts";
import { bestBlockRows, blockCount, winogradFits, winogradPlan } from "./winograd-plan.ts";

export type ConvDirection = "forward" | "inputGradient" | "weightGradient";
export type ConvAlgorithm = "winograd" | "direct" | "depthwise";

export interface ConvQuestion {
  readonly shape: ConvShape;
  readonly direction: ConvDirection;
  /** "strict" keeps to kernels that sum in plain order. */
  readonly precision: "fast" | "strict";
}

/** The batch that the model is asked for. */
const BATCH = 32;
/** Fewer channels than this leave transforms nothing to save, and cost accuracy. */
const LEAST_CHANNELS = 16;
/** Multiply-adds a cycle: two vectors of four, at the share of peak that each kernel reaches. */
const DIRECT_RATE = 8 * 0.85;
const WINOGRAD_RATE = 8 * 0.9;
/** Cycles to transform four channels of a tile: x, y or dy; and to transform, write and fetch four filters. */
const INPUT_CYCLES = 220;
const OUTPUT_CYCLES = 170;
const FILTER_CYCLES = 250;
const DIRECT_FILTER_CYCLES = 40;

export function chooseConv({ shape, direction, precision }: ConvQuestion): ConvAlgorithm {
  if (depthwiseFits(shape)) return "depthwise";
  const { channels, filters, axes } = shape;
  if (precision === "strict" || !winogradFits(shape) || Math.min(channels, filters) < LEAST_CHANNELS) return "direct";
  const [y, x] = direction === "inputGradient" ? [axes[0].input, axes[1].input] : [axes[0].output, axes[1].output];
  const tiles = BATCH * Math.ceil(y / 4) * Math.ceil(x / 4);
  const pairs = channels * filters;
  const transforms = tiles * ((channels / 4) * INPUT_CYCLES + (filters / 4) * OUTPUT_CYCLES);
  const winograd = (tiles * 36 * pairs) / WINOGRAD_RATE + transforms + (pairs / 4) * FILTER_CYCLES;
  const direct = (BATCH * y * x * 9 * pairs) / DIRECT_RATE + (pairs / 4) * DIRECT_FILTER_CYCLES;
  return winograd < 0.9 * direct ? "winograd" : "direct";
}

/** Blocks from which on the fused arrangement has work for every thread; larger blocks need not be so many. */
const MANY_BLOCKS = 16;
const MANY_LARGE_BLOCKS = 8;
const LARGE_BLOCK = 30;
/**
 * Staged: more tiles in a block, because every block fetches all filters, all the more where joined vectors would wait for
 * them; and smaller groups of filters for more tasks.
 */
const STAGED_TILES = { narrow: 32, wide: 128 };
const STAGED_FILTERS = 32;

export interface WinogradCut {
  readonly arrangement: "fused" | "staged";
  readonly blockRows: number;
  readonly groupFilters: number;
}

/** How tasks of Winograd kernels are arranged: changes no bit, so it may look at the batch, if only at small ones. */
export function winogradArrangement(shape: ConvShape, batch: number, options: CodeOptions): WinogradCut {
  const plan = winogradPlan(shape, options);
  const { blockRows, groupFilters, tilesX, tilesY } = plan;
  const many = plan.wide && plan.blockTiles >= LARGE_BLOCK ? MANY_LARGE_BLOCKS : MANY_BLOCKS;
  if (blockCount(plan, batch) >= many) return { arrangement: "fused", blockRows, groupFilters };
  return {
    arrangement: "staged",
    blockRows: Math.min(
      bestBlockRows(tilesX, STAGED_TILES[plan.wide && plan.blockTiles >= LARGE_BLOCK ? "wide" : "narrow"], plan.wide),
      Math.max(1, batch * tilesY),
    ),
    groupFilters: Math.min(STAGED_FILTERS, groupFilters),
  };
}

/** Partial sums of the chunked weight gradient above this travel more than they save. */
const PARTIAL_BYTES = 2.5e6;

export function weightGradientArrangement({ channels, filters }: ConvShape): "chunked" | "staged" {
  return 36 * channels * filters * 4 <= PARTIAL_BYTES ? "chunked" : "staged";
}
