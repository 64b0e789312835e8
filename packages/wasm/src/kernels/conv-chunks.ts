/**
 * Into how many chunks a weight gradient's sum over the batch is cut: a matter of the shape, batch included, decided with
 * the same arithmetic where kernels are planned and where they run. Every chunk costs a set of partial sums, so chunks
 * have some hundred positions; beyond 16 there is nothing to win.
 */

import { type FunctionBuilder, i32, type Local, type Value } from "../assembler/index.ts";

export interface ChunkRule {
  /** Positions (or tiles) of an image, and how many make a chunk worth its sums. */
  readonly perImage: number;
  readonly each: number;
  /** At most so many chunks; exactly so many if `fixed`. */
  readonly most: number;
  readonly fixed: boolean;
}

const MOST_CHUNKS = 16;

/** `bytes`: the partial sums of one chunk; `room`: what those of all chunks may take. */
export function chunkRule(
  perImage: number,
  each: number,
  bytes: number,
  room: number,
  forced: number | undefined,
): ChunkRule {
  const most = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(room / Math.max(1, bytes))));
  return { perImage, each, most: forced ?? most, fixed: forced !== undefined };
}

export function chunkCount({ perImage, each, most, fixed }: ChunkRule, batch: number): number {
  return fixed ? most : Math.max(1, Math.min(most, Math.floor((batch * perImage) / each)));
}

export function emitChunkCount(f: FunctionBuilder, rule: ChunkRule, batch: Local<"i32">): Local<"i32"> {
  if (rule.fixed) return f.let(i32.const(rule.most));
  const worth = f.let(i32.divU(i32.mul(batch, rule.perImage), rule.each));
  const capped = f.let(i32.minS(worth, rule.most));
  return f.let(i32.maxS(capped, 1));
}

/** First of `total` units that chunk `chunk` of `chunks` has; that of the next chunk ends it. */
export const chunkStart = (chunk: Value<"i32">, total: Value<"i32">, chunks: Value<"i32">): Value<"i32"> =>
  i32.divU(i32.mul(chunk, total), chunks);

export const chunkKey = ({ each, most, fixed }: ChunkRule): string => (fixed ? `c${most}` : `c≤${most}·${each}`);
