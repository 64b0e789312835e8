/**
 * The 36 products of Winograd: M[i] = V[i] · U[i], (tiles × channels) · (channels × filters), for one block. V is read in
 * place, U in panels of eight or sixteen filters; each panel stays in the nearest cache while it meets all tiles.
 */

import { type FunctionHandle, i32, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { forRowTiles } from "./contract-tile.ts";
import type { Fused } from "./kernel.ts";
import { accumulate, zero } from "./tile.ts";
import { rowSizesOf, type WinogradPlan } from "./winograd-plan.ts";

/**
 * Defines `(v, u, m, tiles, filters)` for one point and some filters (bytes of them: 4 each). Where the plan says so, tiles
 * are rounded up to whole register tiles.
 */
export function defineMultiply(
  module: ModuleBuilder,
  name: string,
  plan: WinogradPlan,
  { madd }: Fused,
): FunctionHandle<"void"> {
  const { channels, groupFilters, tileRows, wide } = plan;
  const sizes = rowSizesOf(plan);
  const parameters = { v: "i32", u: "i32", m: "i32", tiles: "i32", filters: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { v, u, m, tiles, filters }) => {
    const panel = (width: number): void => {
      const a = f.let(v);
      const c = f.let(m);
      const vectors = width / 4;
      const tile = (rows: number): void => {
        const accumulators = f.locals("v128", rows * vectors);
        zero(f, accumulators);
        const offsets = Array.from({ length: rows }, (_, row) => row * channels * 4);
        accumulate(f, {
          accumulators,
          a: { pointer: f.let(a), offsets, step: 4 },
          b: { pointer: f.let(u), offsets: Array.from({ length: vectors }, (_, k) => 16 * k), step: 4 * width },
          count: channels,
          unroll: plan.unroll,
          madd,
        });
        const stores = accumulators.map((value, k) =>
          v128.store(c, value, Math.floor(k / vectors) * groupFilters * 4 + (k % vectors) * 16),
        );
        // Of two vectors that are joined, the last is stored first.
        f.do(...(wide ? stores.reverse() : stores));
        f.increment(a, rows * channels * 4);
        f.increment(c, rows * groupFilters * 4);
      };
      if (wide) {
        forRowTiles(f, tileRows, i32.const(0), tiles, (_, rows) => {
          if (sizes.has(rows)) tile(rows);
        });
      } else {
        const left = f.let(tiles);
        f.doWhile(() => {
          tile(tileRows);
          f.increment(left, -tileRows);
          return i32.gtS(left, 0);
        });
      }
      f.increment(u, channels * 4 * width);
      f.increment(m, 4 * width);
    };
    const last = plan.filters % plan.panel;
    f.while(
      () => i32.gtS(filters, last * 4),
      () => {
        panel(plan.panel);
        f.increment(filters, -4 * plan.panel);
      },
    );
    if (last > 0) f.if(filters, () => panel(last));
  });
}
