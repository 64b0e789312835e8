/**
 * Reading values: `data`, `item`, `array` and their synchronous forms.
 *
 * Awaiting a value that is ready gives only microtasks a turn, so a training loop would starve timers and Ctrl-C. The
 * asynchronous forms therefore wait for a macrotask whenever 50 ms have passed since the last one.
 */

import { ShapeError } from "../errors/errors.ts";
import { constantNode } from "../graph/leaves.ts";
import { captureSite, formatSite } from "../graph/site.ts";
import { session } from "../session.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import type { NestedArray } from "../tensor/methods-type.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { evaluate, hostArray } from "./evaluate.ts";

const YIELD_MS = 50;

async function giveTurn(): Promise<void> {
  const now = performance.now();
  if (now - session.lastYield < YIELD_MS) return;
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  session.lastYield = performance.now();
}

/** The elements in row-major order, as a fresh typed array. */
export function readDataSync(t: Tensor): TypedArray {
  evaluate(t);
  return hostArray(t).slice();
}

export async function readData(t: Tensor): Promise<TypedArray> {
  evaluate(t);
  const data = (await t.node.values[t.output]?.read())?.slice() as TypedArray;
  await giveTurn();
  return data;
}

function demandOne(t: Tensor, below: unknown): void {
  if (t.size === 1) return;
  throw new ShapeError({
    op: "item",
    summary: `a tensor of ${t.size} elements is not one number`,
    operands: [{ name: "x", shape: t.shape, dtype: t.dtype }],
    fix: `use data() or array(), or reduce it first: x.mean().item()`,
    at: formatSite(captureSite(below)),
  });
}

export function readItemSync(t: Tensor): number {
  demandOne(t, readItemSync);
  evaluate(t);
  return hostArray(t)[0] as number;
}

export async function readItem(t: Tensor): Promise<number> {
  demandOne(t, readItem);
  evaluate(t);
  const data = await t.node.values[t.output]?.read();
  await giveTurn();
  return data?.[0] as number;
}

function nest(data: TypedArray, shape: Shape, axis: number, at: { offset: number }): NestedArray {
  if (axis === shape.length) return data[at.offset++] as number;
  return Array.from({ length: shape[axis] as number }, () => nest(data, shape, axis + 1, at));
}

export function readArraySync(t: Tensor): NestedArray {
  return nest(readDataSync(t), t.shape, 0, { offset: 0 });
}

export async function readArray(t: Tensor): Promise<NestedArray> {
  return nest(await readData(t), t.shape, 0, { offset: 0 });
}

/** The evaluated value as a leaf with no history. */
export function detach(t: Tensor): Tensor {
  if (session.trace !== undefined) return t.stopGradient();
  evaluate(t);
  return constantNode(hostArray(t).slice(), t.shape, t.dtype);
}

/** `float32 [2, 3]` */
export function specText(t: { readonly shape: Shape; readonly dtype: string }): string {
  return `${t.dtype} ${formatShape(t.shape)}`;
}
