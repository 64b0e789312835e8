/**
 * Shapes of matrix products C[b, m, n] = Σ_k A[b, m, k] · B[b, k, n], brought into a normal form: batch axes that
 * step alike in all three operands become one, and batch axes over which B repeats become rows of A and C where
 * memory allows. Strides count elements; C must have neighbouring columns.
 */

import type { Epilogue } from "./epilogue.ts";
import type { CodeOptions } from "./kernel.ts";

/**
 * How B is read: in place, where columns are neighbours; lane by lane from any strides; from panels of all of B that a
 * stage of its own has made; from panels of one block that each task makes for itself.
 */
export type BRead = "direct" | "gather" | "packed" | "local";

/** Choices that a caller may force; what is absent is chosen from the shape. */
export interface ContractVariant {
  /** Rows of the register tile, and vectors of its columns. */
  readonly tileRows?: 4 | 6;
  readonly vectors?: 2 | 4;
  /** Steps of k in one turn of the inner loop. */
  readonly unroll?: number;
  /** Every task copies its rows of A, over one block of k, before it uses them. */
  readonly packA?: boolean;
  readonly b?: BRead;
  /** Steps of k between two visits of the same tile. */
  readonly blockK?: number;
  /** Sums over chunks of k of this length first, then over the chunks in order. */
  readonly chunk?: number;
  /** Rows and columns of one task; columns are rounded up to the tile's. */
  readonly rows?: number;
  readonly columns?: number;
  /** Whether k is part of the code (true) or an argument. */
  readonly constantK?: boolean;
}

export interface ContractSpec extends CodeOptions {
  readonly dtype?: "float32" | "float64";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Extents of the batch axes; none when absent. */
  readonly batch?: readonly number[];
  /** Of batch axes, m, k. */
  readonly aStrides: readonly number[];
  /** Of batch axes, k, n. */
  readonly bStrides: readonly number[];
  /** Of batch axes, m, n. */
  readonly cStrides: readonly number[];
  readonly epilogue?: Epilogue | undefined;
  /** Whether one copy of B may serve many calls. */
  readonly keepsB?: boolean;
  readonly variant?: ContractVariant | undefined;
}

export interface BatchAxis {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export interface ContractShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: { readonly m: number; readonly k: number };
  readonly b: { readonly k: number; readonly n: number };
  /** Row stride of C. */
  readonly c: number;
  /** Outermost first. */
  readonly batch: readonly BatchAxis[];
}

function batchAxes(spec: ContractSpec): BatchAxis[] {
  const merged: BatchAxis[] = [];
  (spec.batch ?? []).forEach((extent, i) => {
    if (extent === 1) return;
    const axis = { extent, a: spec.aStrides[i]!, b: spec.bStrides[i]!, c: spec.cStrides[i]! };
    const outer = merged.at(-1);
    const alike = (name: "a" | "b" | "c"): boolean => outer?.[name] === extent * axis[name];
    if (outer !== undefined && alike("a") && alike("b") && alike("c")) {
      merged[merged.length - 1] = { ...axis, extent: extent * outer.extent };
    } else {
      merged.push(axis);
    }
  });
  return merged;
}

export function contractShape(spec: ContractSpec): ContractShape {
  const rank = spec.batch?.length ?? 0;
  for (const name of ["aStrides", "bStrides", "cStrides"] as const) {
    if (spec[name].length !== rank + 2) throw new RangeError(`${name} has ${spec[name].length} axes, not ${rank + 2}`);
  }
  const { n, k } = spec;
  if (spec.cStrides[rank + 1] !== 1 && n > 1) {
    throw new RangeError(`columns of the result must be neighbours, got stride ${spec.cStrides[rank + 1]}`);
  }
  const batch = batchAxes(spec);
  let m = spec.m;
  // A stride along an extent of 1 is never walked: it takes the value that reads best.
  let aM = m === 1 && batch.length > 0 ? batch.at(-1)!.a : spec.aStrides[rank]!;
  let c = m === 1 && batch.length > 0 ? batch.at(-1)!.c : spec.cStrides[rank]!;
  const inner = batch.at(-1);
  if (inner !== undefined && inner.b === 0 && inner.a === m * aM && inner.c === m * c) {
    batch.pop();
    m *= inner.extent;
  } else if (m === 1) {
    aM = spec.aStrides[rank]!;
    c = spec.cStrides[rank]!;
  }
  const aK = spec.aStrides[rank + 1]!;
  const bN = n === 1 ? 1 : spec.bStrides[rank + 1]!;
  return { m, n, k, a: { m: aM, k: aK }, b: { k: spec.bStrides[rank]!, n: bN }, c, batch };
}
