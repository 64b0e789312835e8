/**
 * The 36 products of Winograd: M[i] = V[i] · U[i], (tiles × channels) · (channels × filters), for one block. V is read in
 * place, U in panels of eight filters; each panel stays in the nearest cache while it meets all tiles.
 */

import { type FunctionHandle, i32, type ModuleBuilder, v128 } from "../assembler/index.ts";
import type { Fused } from "./kernel.ts";
import { accumulate, zero } from "./tile.ts";
import { panelBytes, type WinogradPlan } from "./winograd-plan.ts";

/**
 * Defines `(v, u, m, tiles, filters)` for one point and some filters (bytes of them: 4 each); tiles are rounded up to
 * whole register tiles.
 */
export function defineMultiply(
  module: ModuleBuilder,
  name: string,
  plan: WinogradPlan,
  { madd }: Fused,
): FunctionHandle<"void"> {
  const { channels, groupFilters, tileRows } = plan;
  const parameters = { v: "i32", u: "i32", m: "i32", tiles: "i32", filters: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { v, u, m, tiles, filters }) => {
    const panel = (width: number): void => {
      const a = f.let(v);
      const c = f.let(m);
      const left = f.let(tiles);
      f.doWhile(() => {
        const vectors = width / 4;
        const accumulators = f.locals("v128", tileRows * vectors);
        zero(f, accumulators);
        const offsets = Array.from({ length: tileRows }, (_, row) => row * channels * 4);
        accumulate(f, {
          accumulators,
          a: { pointer: f.let(a), offsets, step: 4 },
          b: { pointer: f.let(u), offsets: Array.from({ length: vectors }, (_, k) => 16 * k), step: 4 * width },
          count: channels,
          unroll: plan.unroll,
          madd,
        });
        accumulators.forEach((value, k) => {
          f.do(v128.store(c, value, Math.floor(k / vectors) * groupFilters * 4 + (k % vectors) * 16));
        });
        f.increment(a, tileRows * channels * 4);
        f.increment(c, tileRows * groupFilters * 4);
        f.increment(left, -tileRows);
        return i32.gtS(left, 0);
      });
      f.increment(u, panelBytes(channels));
      f.increment(m, 4 * width);
    };
    const last = plan.filters % 8 === 0 ? 0 : 16;
    f.while(
      () => i32.gtS(filters, last),
      () => {
        panel(8);
        f.increment(filters, -32);
      },
    );
    if (last > 0) f.if(filters, () => panel(4));
  });
}
