/**
 * The 36 products of the Winograd weight gradient over the tiles of one block:
 *
 *     M[i][o, c] (+)= Σ_tile Y[i][tile, o] · V[i][tile, c]
 *
 * Y and V lie in panels [36][channels/4][tiles][4]; M as the register tiles it is made of,
 * [36][filters/4][channels/8][4 filters][8 channels], so that every accumulator moves in sequence.
 */

import { type FunctionHandle, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { type Fused, planePitch } from "./kernel.ts";
import { accumulate, zero } from "./tile.ts";
import { POINTS } from "./winograd-plan.ts";

export interface AccumulatePlan {
  /** Extents of the part of dw that M holds; multiples of 4. */
  readonly filters: number;
  readonly channels: number;
  /** Bytes from plane to plane of Y and V, and bytes of one panel of four channels in them. */
  readonly pitchY: number;
  readonly pitchV: number;
  readonly panel: number;
  readonly unroll: number;
}

/** A tile of M: 4 filters × 8 channels; the last of a row may use half. */
export const TILE_BYTES = 4 * 8 * 4;

export const pitchOfM = ({ filters, channels }: Pick<AccumulatePlan, "filters" | "channels">): number =>
  planePitch((filters / 4) * Math.ceil(channels / 8) * TILE_BYTES);

export const bytesOfM = (plan: Pick<AccumulatePlan, "filters" | "channels">): number => POINTS * pitchOfM(plan);

/** Defines `(y, v, m, tiles, first)` for one point: M starts from zero if `first`. */
export function defineAccumulate(
  module: ModuleBuilder,
  name: string,
  plan: AccumulatePlan,
  { madd }: Fused,
): FunctionHandle<"void"> {
  const parameters = { y: "i32", v: "i32", m: "i32", tiles: "i32", first: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { y, v, m, tiles, first }) => {
    const a = f.local("i32");
    const b = f.local("i32");
    const tile = (vectors: number): void => {
      const accumulators = f.locals("v128", 4 * vectors);
      const place = (k: number): number => Math.floor(k / vectors) * 32 + (k % vectors) * 16;
      f.if(
        first,
        () => zero(f, accumulators),
        () => accumulators.forEach((value, k) => void f.set(value, v128.load(m, place(k)))),
      );
      f.set(a, y);
      accumulate(f, {
        accumulators,
        a: { pointer: a, offsets: [0, 4, 8, 12], step: 16 },
        b: { pointer: b, offsets: Array.from({ length: vectors }, (_, k) => k * plan.panel), step: 16 },
        count: tiles,
        unroll: plan.unroll,
        madd,
      });
      accumulators.forEach((value, k) => {
        f.do(v128.store(m, value, place(k)));
      });
      f.increment(m, TILE_BYTES);
    };
    f.repeat(plan.filters / 4, () => {
      const column = f.let(v);
      f.repeat(Math.floor(plan.channels / 8), () => {
        f.set(b, column);
        tile(2);
        f.increment(column, 2 * plan.panel);
      });
      if (plan.channels % 8 !== 0) {
        f.set(b, column);
        tile(1);
      }
      f.increment(y, plan.panel);
    });
  });
}
