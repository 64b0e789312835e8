/**
 * Direct weight gradient, arrangement `taps`, for few input channels: sums [filters/8][tap · channels][8 filters] of a
 * unit. All taps and channels lie at constant offsets of one walk over the padded copy of x; dy is read in place.
 */

import { type FunctionHandle, type ModuleBuilder, v128 } from "../assembler/index.ts";
import type { MultiplyAdd } from "./kernel.ts";
import { accumulate, splitEvenly, storeDown, zero } from "./tile.ts";
import type { WeightGradientPlan } from "./weight-gradient-plan.ts";

/** Defines `(y, x, partial, rows, first)`: `y` the first pixel of dy at this group, `x` the padded copy. */
export function defineTapSums(
  module: ModuleBuilder,
  name: string,
  plan: WeightGradientPlan,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const { shape } = plan;
  const [yAxis, xAxis] = shape.axes;
  const parameters = { y: "i32", x: "i32", partial: "i32", rows: "i32", first: "i32" } as const;
  const pixel = shape.channels * 4;
  const rowX = plan.copiedColumns * pixel;
  const pixelY = shape.groups * shape.filters * 4;
  const places: number[] = [];
  for (let ky = 0; ky < yAxis.kernel; ky++) {
    for (let kx = 0; kx < xAxis.kernel; kx++) {
      for (let c = 0; c < shape.channels; c++)
        places.push(ky * yAxis.dilation * rowX + kx * xAxis.dilation * pixel + 4 * c);
    }
  }
  /** Bytes of the sums of eight filters. */
  const eight = places.length * 32;
  // Where pairs are joined, a tile of one pair has registers for twice the rows, and needs as many sums at once.
  const rowsOf = (vectors: number): number => (plan.tileVectors === 4 && vectors === 2 ? 2 * plan.rows : plan.rows);
  return module.function({ name, parameters, export: false }, (f, p) => {
    const tile = (offsets: readonly number[], vectors: number): void => {
      const accumulators = f.locals("v128", offsets.length * vectors);
      const place = (k: number): number => {
        const v = k % vectors;
        return Math.floor(v / 2) * eight + Math.floor(k / vectors) * 32 + (v % 2) * 16;
      };
      f.if(
        p.first,
        () => zero(f, accumulators),
        () => {
          accumulators.forEach((value, k) => {
            f.set(value, v128.load(p.partial, place(k)));
          });
        },
      );
      const x = f.let(p.x);
      const y = f.let(p.y);
      f.repeat(p.rows, () => {
        accumulate(f, {
          accumulators,
          a: { pointer: f.let(x), offsets, step: xAxis.stride * pixel },
          b: { pointer: y, offsets: Array.from({ length: vectors }, (_, v) => 16 * v), step: pixelY },
          count: xAxis.output,
          unroll: Math.min(2, plan.unroll),
          madd,
        });
        f.increment(x, yAxis.stride * rowX);
      });
      storeDown(f, p.partial, accumulators, place);
      f.increment(p.partial, offsets.length * 32);
    };
    const panel = (vectors: number): void => {
      let at = 0;
      for (const { size, count } of splitEvenly(places.length, rowsOf(vectors))) {
        for (let k = 0; k < count; k++) {
          tile(places.slice(at, at + size), vectors);
          at += size;
        }
      }
      f.increment(p.y, 16 * vectors);
      // A tile of 16 filters lies in two places.
      if (vectors > 2) f.increment(p.partial, eight);
    };
    const vectorCount = shape.filters / 4;
    f.repeat(Math.floor(vectorCount / plan.tileVectors), () => panel(plan.tileVectors));
    if (vectorCount % plan.tileVectors > 1) panel(2);
    if (vectorCount % 2 > 0) panel(1);
  });
}
