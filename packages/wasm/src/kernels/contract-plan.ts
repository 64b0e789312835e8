/**
 * How a matrix product is done: how operands are read, the register tile, the blocks of k, and how tasks are cut.
 * Everything follows from shape and strides, never from threads or time; code depends on m only where k is an argument.
 *
 * Order of summation: k ascending, one element at a time, for every element of C, whatever the tile, the blocks and the
 * copies. The one exception is chosen from the shape: with chunks, each chunk of k is summed so, then the chunks in
 * ascending order.
 */

import type { Element } from "./contract-element.ts";
import type { BRead, ContractShape, ContractVariant } from "./contract-shape.ts";
import type { CodeOptions } from "./kernel.ts";

export interface ContractPlan {
  readonly shape: ContractShape;
  readonly element: Element;
  readonly tileRows: number;
  /** Two vectors, or four. */
  readonly tileColumns: number;
  readonly unroll: number;
  readonly packA: boolean;
  readonly b: BRead;
  /** k as part of the code; otherwise it is an argument. */
  readonly constantK: number | undefined;
  /** The code takes all of a constant k at once. */
  readonly inOneBlock: boolean;
  readonly chunked: boolean;
  readonly cut: ContractCut;
  /** All constants that code depends on. */
  readonly key: string;
}

/** Rows, columns and steps of k of one task, and steps of k between two visits of a tile. */
export interface ContractCut {
  readonly rows: number;
  readonly columns: number;
  readonly chunk: number;
  readonly block: number;
}

/** Elements of B up to which it is read in place although columns are not neighbours, or rows are short. */
const GATHER = 256;
const DIRECT = 8192;
/** Elements of B up to which one copy serves all tasks; above, every task copies the block it is at. */
const SHARED = 65536;
/** Steps of k of one block; fewer where both operands are copied. */
const BLOCK = 512;
const BLOCK_BOTH = 256;
/** Elements of a block of B, a quarter of a second-level cache, and of a block of A where it is copied. */
const BLOCK_OF_B = 32768;
const BLOCK_OF_A = 65536;
/** Largest number of chunks, and of elements in all partial sums. */
const CHUNKS = 16;
const PARTIAL_ELEMENTS = 2 ** 21;

/** About this much work makes a task, unless that gives more than `TASKS`. */
const TASK_FLOPS = 5e5;
const TASKS = 32;

/**
 * k is an argument where it is the outermost axis of both operands (weight gradients: k counts rows of the batch), part
 * of the code where a row of an operand runs along it.
 */
function defaultConstantK({ m, n, a, b }: ContractShape): boolean {
  const outerInA = a.k !== 1 || m === 1;
  const outerInB = b.k !== 1 || n === 1;
  return !(outerInA && outerInB);
}

function readOfB(
  { m, n, k, b, batch }: ContractShape,
  constantK: boolean,
  tileColumns: number,
  keepsB: boolean,
): BRead {
  const copied = keepsB ? "packed" : n * k <= SHARED && batch.every((axis) => axis.b === 0) ? "packed" : "local";
  if (b.n !== 1) return n * k <= GATHER ? "gather" : copied;
  if (constantK) return n * k <= DIRECT ? "direct" : copied;
  return m <= 32 || n <= 2 * tileColumns ? "direct" : "local";
}

/** Long sums for a small result, which alone would make few tasks. */
function wantsChunks({ m, n, k }: ContractShape): boolean {
  return k >= 512 && k >= 2 * Math.max(m, n) && m * n <= 65536 && 2 * m * n * k >= 8 * TASK_FLOPS;
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

export function contractPlan(
  shape: ContractShape,
  element: Element,
  { relaxed, wide = false }: CodeOptions,
  variant: ContractVariant,
  keepsB = false,
): ContractPlan {
  const { m, n, k, a, b } = shape;
  const tileRows = variant.tileRows ?? (relaxed ? 6 : 4);
  const tileColumns = (variant.vectors ?? (wide && n >= 4 * element.lanes ? 4 : 2)) * element.lanes;
  const constantK = (variant.constantK ?? defaultConstantK(shape)) ? k : undefined;
  // Offsets in instructions are unsigned, and a pointer that stands still cannot count.
  const awkwardA = a.m < 0 || a.k < 0 || a.m * tileRows * element.bytes >= 2 ** 31;
  const awkwardB = b.k <= 0 || b.n < 0;
  const packA = awkwardA || (variant.packA ?? (a.k !== 1 && n >= 64 && (constantK !== undefined || m >= 32)));
  let read = variant.b ?? readOfB(shape, constantK !== undefined, tileColumns, keepsB);
  if ((awkwardB && read !== "packed") || (read === "direct" && b.n !== 1)) read = "local";
  // Unrolled multiplications and additions that are not fused spill on some engines.
  const unroll = variant.unroll ?? (relaxed ? 4 : 1);
  const chunked = variant.chunk !== undefined || (constantK === undefined && wantsChunks(shape));
  const cut = cutOf(shape, { tileRows, tileColumns, chunked, read, packA }, variant);
  const inOneBlock = constantK !== undefined && !chunked && cut.block >= k;
  const axes = shape.batch.map((axis, i) => `${i === 0 ? "" : axis.extent}(${axis.a},${axis.b},${axis.c})`).join("");
  const key = [
    `contract ${element.dtype} n${n} k${constantK ?? ""} a${a.m},${a.k} b${b.k},${b.n} c${shape.c}`,
    axes === "" ? "" : ` batch${axes}`,
    ` ${tileRows}×${tileColumns} u${unroll}${packA ? " A" : ""} ${read}`,
    inOneBlock ? "" : " blocks",
    chunked ? " chunks" : "",
    relaxed ? "" : " plain",
    wide ? " wide" : "",
  ].join("");
  return { shape, element, tileRows, tileColumns, unroll, packA, b: read, constantK, inOneBlock, chunked, cut, key };
}

interface CutChoices {
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly chunked: boolean;
  readonly read: BRead;
  readonly packA: boolean;
}

function cutOf(
  { m, n, k, batch }: ContractShape,
  { tileRows, tileColumns, chunked, read, packA }: CutChoices,
  variant: ContractVariant,
): ContractCut {
  const products = batch.reduce((count, axis) => count * axis.extent, 1) || 1;
  const chunks = Math.max(1, Math.min(CHUNKS, Math.floor(k / 256), Math.floor(PARTIAL_ELEMENTS / (m * n || 1))));
  const chunk = Math.max(1, chunked ? (variant.chunk ?? roundUp(Math.ceil(k / chunks), 4)) : k);
  const longest = variant.blockK ?? (packA ? BLOCK_BOTH : BLOCK);
  const blocks = Math.ceil(chunk / longest);
  const block = blocks <= 1 ? chunk : (variant.blockK ?? roundUp(Math.ceil(chunk / blocks), 4));
  // Tasks that one product (one chunk of it) should make.
  const total = Math.min(TASKS, Math.round((2 * products * m * n * k) / TASK_FLOPS));
  const wanted = Math.max(1, Math.ceil(total / (products * Math.ceil(k / chunk || 1))));
  const alone = wanted === 1 && read !== "local";
  const widest = alone ? n : Math.max(4 * tileColumns, BLOCK_OF_B / block);
  const tallest = packA ? Math.max(8 * tileRows, BLOCK_OF_A / block) : m;
  const [leastRows, leastColumns] = leastOf(read, packA, tileRows, tileColumns);
  let columnBlocks = Math.max(1, Math.ceil(n / widest));
  let rowBlocks = Math.max(1, Math.ceil(m / tallest));
  const mostColumnBlocks = Math.max(columnBlocks, Math.floor(n / leastColumns));
  const mostRowBlocks = Math.max(rowBlocks, Math.floor(m / leastRows));
  // Wide blocks first: rows are cut before columns.
  rowBlocks = Math.min(mostRowBlocks, Math.max(rowBlocks, Math.ceil(wanted / columnBlocks)));
  columnBlocks = Math.min(mostColumnBlocks, Math.max(columnBlocks, Math.ceil(wanted / rowBlocks)));
  const rows = rowBlocks === 1 ? m : roundUp(Math.ceil(m / rowBlocks), tileRows);
  const even = Math.ceil(n / columnBlocks);
  // Copies take several panels at a time.
  const columns = roundUp(even, even > 4 * tileColumns ? 4 * tileColumns : tileColumns);
  return {
    rows: Math.max(1, variant.rows ?? rows),
    columns: roundUp(Math.max(1, variant.columns ?? columns), tileColumns),
    chunk,
    block: Math.max(1, block),
  };
}

/** Rows and columns below which tasks are not cut: what every task copies must be used often enough. */
function leastOf(read: BRead, packA: boolean, tileRows: number, tileColumns: number): [number, number] {
  return [(read === "local" ? 40 : 8) * tileRows, (packA ? 16 : 2) * tileColumns];
}
