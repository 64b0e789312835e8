/**
 * How a matrix product is done: which operands are copied into panels first, the register tile, the blocks of k, and
 * how tasks are cut. Everything follows from shape and strides, never from threads or time.
 *
 * Order of summation: k ascending, one element at a time, for every element of C, whatever the tile, the blocks and the
 * copies. The one exception is chosen from the shape: with chunks, each chunk of k is summed so, then the chunks in
 * ascending order.
 */

import type { Element } from "./contract-element.ts";
import type { ContractShape, ContractVariant } from "./contract-shape.ts";

export interface ContractPlan {
  readonly shape: ContractShape;
  readonly element: Element;
  readonly tileRows: number;
  /** Two vectors. */
  readonly tileColumns: number;
  readonly unroll: number;
  readonly packA: boolean;
  readonly b: "direct" | "gather" | "packed";
  readonly blockK: number;
  /** k as part of the code; otherwise it is an argument. */
  readonly constantK: number | undefined;
  readonly chunked: boolean;
  readonly cut: ContractCut;
  /** All constants that code depends on. */
  readonly key: string;
}

/** Rows, columns and steps of k of one task. */
export interface ContractCut {
  readonly rows: number;
  readonly columns: number;
  readonly chunk: number;
}

/** B of at most this many elements is read lane by lane where its columns are not neighbours. */
const GATHER = 1024;
/** Largest number of chunks, and of elements in all partial sums. */
const CHUNKS = 16;
const PARTIAL_ELEMENTS = 2 ** 21;

/**
 * k is an argument where it is the outermost axis of both operands (weight gradients: k counts rows of the batch), part
 * of the code where a row of an operand runs along it.
 */
function defaultConstantK({ m, n, a, b }: ContractShape): boolean {
  const outerInA = a.k !== 1 || m === 1;
  const outerInB = b.k !== 1 || n === 1;
  return !(outerInA && outerInB);
}

export function contractPlan(
  shape: ContractShape,
  element: Element,
  relaxed: boolean,
  variant: ContractVariant,
): ContractPlan {
  const { m, n, k, a, b } = shape;
  const tileRows = variant.tileRows ?? (relaxed ? 6 : 4);
  const tileColumns = 2 * element.lanes;
  const constantK = (variant.constantK ?? defaultConstantK(shape)) ? k : undefined;
  // Offsets in instructions are unsigned, and a pointer that stands still cannot count.
  const awkwardA = a.m < 0 || a.k < 0 || a.m * tileRows * element.bytes >= 2 ** 31;
  const awkwardB = b.k <= 0 || b.n < 0;
  const packA = awkwardA || (variant.packA ?? (constantK !== undefined && k >= 512 && n >= 256));
  let bMode = variant.b ?? (b.n === 1 ? (n * k >= 16384 ? "packed" : "direct") : n * k <= GATHER ? "gather" : "packed");
  if (awkwardB || (bMode === "direct" && b.n !== 1)) bMode = "packed";
  const unroll = variant.unroll ?? 4;
  const blockK = variant.blockK ?? 256;
  const chunked =
    variant.chunk !== undefined || (constantK === undefined && m * n <= 65536 && k >= 1024 && k >= 8 * Math.max(m, n));
  const chunks = Math.max(1, Math.min(CHUNKS, Math.floor(k / 256), Math.floor(PARTIAL_ELEMENTS / (m * n || 1))));
  const chunk = chunked ? Math.max(1, variant.chunk ?? Math.ceil(k / chunks)) : Math.max(1, k);
  const cut = { ...cutOf(shape, tileRows, tileColumns, variant), chunk };
  const axes = shape.batch.map((axis, i) => `${i === 0 ? "" : axis.extent}(${axis.a},${axis.b},${axis.c})`).join("");
  const key = [
    `contract ${element.dtype} n${n} k${constantK ?? ""} a${a.m},${a.k} b${b.k},${b.n} c${shape.c}`,
    axes === "" ? "" : ` batch${axes}`,
    ` ${tileRows}×${tileColumns} u${unroll}${packA ? " A" : ""} ${bMode} k${blockK}`,
    chunked ? " chunks" : "",
    relaxed ? "" : " plain",
  ].join("");
  return {
    shape,
    element,
    tileRows,
    tileColumns,
    unroll,
    packA,
    b: bMode,
    blockK,
    constantK,
    chunked,
    cut,
    key,
  };
}

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** About this much work makes a task, unless that gives more than `TASKS`. */
const TASK_FLOPS = 1e6;
const TASKS = 64;

function cutOf(
  { m, n, k, batch }: ContractShape,
  tileRows: number,
  tileColumns: number,
  variant: ContractVariant,
): { rows: number; columns: number } {
  const products = batch.reduce((count, axis) => count * axis.extent, 1);
  const wanted = Math.max(1, Math.min(TASKS, (2 * products * m * n * k) / TASK_FLOPS) / Math.max(1, products));
  let columns = Math.max(tileColumns, Math.min(256, roundUp(n, tileColumns)));
  let rows = Math.max(1, Math.ceil(m / Math.ceil(wanted / Math.ceil(Math.max(1, n) / columns))));
  if (wanted <= 1) {
    columns = Math.max(tileColumns, roundUp(n, tileColumns));
    rows = Math.max(1, m);
  } else {
    rows = Math.min(roundUp(rows, tileRows), 32 * tileRows);
    rows = Math.max(rows, 8 * tileRows);
  }
  return { rows: variant.rows ?? rows, columns: variant.columns ?? columns };
}
