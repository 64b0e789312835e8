/**
 * Twins: the same tensor in two traces that differ in the batch alone, one of 2 and one of 3.
 *
 * An extent that is equal in both is fixed; one in the ratio 2 : 3 is a multiple of the batch. So nothing has to be
 * guessed from sizes, and what depends on the batch in another way is found out. Where the batch is fixed both are one.
 */

import type { Node, Tensor } from "@prewitt/core";
import { failAt } from "./export-error.ts";

/** The batch extents of the two traces. */
export const BATCHES = [2, 3] as const;

export interface Twin {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** A fixed extent, or a multiple of the batch. */
export type Extent = number | { readonly batches: number };

/** Extents from the numbers of both traces; `undefined` where they are in no fixed ratio to the batch. */
export function extentsOf(a: readonly number[], b: readonly number[]): Extent[] | undefined {
  if (a.length !== b.length) return undefined;
  const extents: Extent[] = [];
  for (let i = 0; i < a.length; i++) {
    const [m, n] = [a[i] as number, b[i] as number];
    if (m === n) extents.push(m);
    else if (m % BATCHES[0] === 0 && m * BATCHES[1] === n * BATCHES[0]) extents.push({ batches: m / BATCHES[0] });
    else return undefined;
  }
  return extents;
}

export function batchMisfit(node: Node, what: string): never {
  return failAt(node, {
    summary: `${what} depends on the batch in a way that the file cannot say`,
    problems: [`traced with batches of ${BATCHES[0]} and ${BATCHES[1]}, what fits is a multiple of the batch or fixed`],
    fix: "pass { dynamicBatch: false } to export for one batch size",
  });
}

/** Extents of a tensor. */
export function shapeOf(twin: Twin): readonly Extent[] {
  return extentsOf(twin.a.shape, twin.b.shape) ?? batchMisfit(twin.a.node, "the shape");
}

export const isFixed = (extents: readonly Extent[]): extents is readonly number[] =>
  extents.every((n) => typeof n === "number");

/** The twins of a node's inputs, or outputs. */
export function twins(a: readonly Tensor[], b: readonly Tensor[]): Twin[] {
  return a.map((t, i) => ({ a: t, b: b[i] as Tensor }));
}

/** Whether plain data is equal, numbers by their bits. */
export function equalData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every((key) => equalData((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
