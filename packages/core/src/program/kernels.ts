/**
 * The kernel kinds: everything that an executor has to implement.
 *
 * A kernel reads operands and writes operands; its attributes are plain data, fully normalised. Operands of `map`,
 * `reduce`, `gather` and `scatter` have one stride per axis of the kernel's index space. Results of kinds with an
 * `epilogue` pass through a scalar expression before the store: its operand 0 is the result, operand k the k-th of
 * `epilogueReads`, each broadcast to the shape of the write.
 */

import type { ConvGeometry, PoolGeometry } from "./geometry.ts";
import type { Operand } from "./operand.ts";
import type { ScalarExpression } from "./scalar.ts";

/** What a kernel was made for: shown in pictures, errors and profiles; never part of a key. */
export interface KernelOrigin {
  readonly op: string;
  /** The op whose expansion `op` belongs to, if it does. */
  readonly partOf?: string | undefined;
  readonly scope: string;
  /** Formats the user's line on demand. */
  at(): string;
}

interface KernelBase {
  readonly reads: readonly Operand[];
  readonly writes: readonly Operand[];
  /** Ops that this kernel computes, in order; set by the planner. */
  readonly origins?: readonly KernelOrigin[] | undefined;
}

interface WithEpilogue {
  readonly epilogue?: ScalarExpression | undefined;
  readonly epilogueReads?: readonly Operand[] | undefined;
}

/** writes[i][p] = expression_i(reads at p), for every p of `shape`. */
export interface MapKernel extends KernelBase {
  readonly kind: "map";
  readonly shape: readonly number[];
  readonly expression: ScalarExpression;
}

/**
 * One accumulator: takes result `value` of the prologue. `argmax` and `argmin` give the index of the first extreme along
 * the reduced axes in row-major order (NaN wins, as in PyTorch). `moments` gives two results: mean and the sum of squared
 * deviations from it.
 */
export interface Accumulator {
  readonly kind: "sum" | "product" | "min" | "max" | "argmin" | "argmax" | "moments";
  readonly value: number;
}

/**
 * Reduces `axes` of the index space `shape`. `prologue` turns the reads into values, accumulators reduce them, `epilogue`
 * turns their results (operands 0 …, then `epilogueReads`) into writes. Reads have a stride per axis of `shape`; writes and
 * `epilogueReads` too, with stride 0 on reduced axes. Empty ranges: sum 0, product 1; the others are rejected by shape rules.
 */
export interface ReduceKernel extends KernelBase {
  readonly kind: "reduce";
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly prologue: ScalarExpression;
  readonly accumulators: readonly Accumulator[];
  readonly epilogue: ScalarExpression;
  readonly epilogueReads: readonly Operand[];
}

/** Running sum or product along `axis`; `exclusive` leaves the element itself out; `reverse` runs from the end. */
export interface ScanKernel extends KernelBase {
  readonly kind: "scan";
  readonly combine: "sum" | "product";
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Stable sort along `axis`; writes values and int32 indices. NaN counts as greater than everything. */
export interface SortKernel extends KernelBase {
  readonly kind: "sort";
  readonly axis: number;
  readonly descending: boolean;
}

/** out[b…, m, n] = Σ_k a[b…, m, k] · b[b…, k, n]; batch axes of the reads may have stride 0. */
export interface ContractKernel extends KernelBase, WithEpilogue {
  readonly kind: "contract";
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * Windowed contraction (cross-correlation), logical layouts NCHW and OIHW whatever the strides:
 * - `forward`: reads x, weight; writes y
 * - `inputGradient`: reads dy, weight; writes dx (the transposed convolution)
 * - `weightGradient`: reads x, dy; writes dweight
 */
export interface ConvKernel extends KernelBase, WithEpilogue {
  readonly kind: "conv";
  readonly direction: "forward" | "inputGradient" | "weightGradient";
  readonly geometry: ConvGeometry;
}

/**
 * Windowed reduction:
 * - `max`: reads x; writes y and the int32 index, inside its H×W plane, of the first maximum of each window (−1: all padding)
 * - `maxGradient`: reads dy, index; writes dx, adding each dy at its index
 * - `maxTake`: reads x, index; writes x at each index
 * - `average`: reads x; writes y; `averageGradient`: reads dy; writes dx
 * `countIncludePad`: averages divide by the window's extent clipped to input and padding, else to the input alone.
 * A window of padding alone has maximum −∞ (integers: their least value) and average 0; `maxGradient` ignores and
 * `maxTake` gives 0 for the index −1. NaN is greater than everything, the first one wins.
 */
export interface PoolKernel extends KernelBase {
  readonly kind: "pool";
  readonly mode: "max" | "maxGradient" | "maxTake" | "average" | "averageGradient";
  readonly geometry: PoolGeometry;
  readonly countIncludePad: boolean;
}

/**
 * writes[p] = x[p with p[axis] replaced by index[p]], p over `shape`. reads: x (its own extent along `axis`), index (a stride
 * per axis of `shape`). An index outside 0 … extent − 1 throws `IndexError`; `limit` is that extent.
 */
export interface GatherKernel extends KernelBase {
  readonly kind: "gather";
  readonly shape: readonly number[];
  readonly axis: number;
  readonly limit: number;
}

/**
 * writes = x copied, then writes[p with p[axis] replaced by index[p]] += source[p], p over `shape` in row-major order.
 * reads: x, index, source.
 */
export interface ScatterKernel extends KernelBase {
  readonly kind: "scatter";
  readonly shape: readonly number[];
  readonly axis: number;
  readonly limit: number;
}

/**
 * Uniform random bits as int32: word i of the write is word i mod 2 of Threefry-2x32-20 with key (reads[0][0], reads[0][1])
 * and counter (⌊i / 2⌋, 0).
 */
export interface RandomKernel extends KernelBase {
  readonly kind: "random";
}

/**
 * Fills the write with `fill`, then copies each read to its place: element p of part i goes to index
 * `starts[i] + p · steps[i]`, axis by axis.
 */
export interface CopyKernel extends KernelBase {
  readonly kind: "copy";
  /** Where part i begins in the write, one index per axis. */
  readonly starts: readonly (readonly number[])[];
  /** Distance in the write between neighbours of part i, one positive number per axis; all 1 when absent. */
  readonly steps?: readonly (readonly number[])[] | undefined;
  /** Value of elements that no part covers; absent when the parts cover everything. */
  readonly fill?: number | undefined;
}

/** Throws `NonFiniteError` when an element of a read is NaN or infinite. Nothing is written. */
export interface CheckKernel extends KernelBase {
  readonly kind: "check";
}

/** Calls a JavaScript function with the reads as typed arrays and fills the writes. */
export interface HostKernel extends KernelBase {
  readonly kind: "host";
  readonly call: HostFunction;
}

export type HostFunction = (reads: readonly HostArray[], writes: readonly HostArray[]) => void;

export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

export type Kernel =
  | MapKernel
  | ReduceKernel
  | ScanKernel
  | SortKernel
  | ContractKernel
  | ConvKernel
  | PoolKernel
  | GatherKernel
  | ScatterKernel
  | RandomKernel
  | CopyKernel
  | CheckKernel
  | HostKernel;

export type KernelKind = Kernel["kind"];

export const kernelKinds: readonly KernelKind[] = [
  "map",
  "reduce",
  "scan",
  "sort",
  "contract",
  "conv",
  "pool",
  "gather",
  "scatter",
  "random",
  "copy",
  "check",
  "host",
]; // prettier-ignore

/** All operands that a kernel reads, those of its epilogue last. */
export function allReads(kernel: Kernel): readonly Operand[] {
  const extra = "epilogueReads" in kernel ? kernel.epilogueReads : undefined;
  return extra === undefined || extra.length === 0 ? kernel.reads : [...kernel.reads, ...extra];
}
