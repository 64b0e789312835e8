/**
 * The 36 products of the Winograd weight gradient over the tiles of one block:
 *
 *     M[i][o, c] (+)= Σ_tile Y[i][tile, o] · V[i][tile, c]
 *
 * Y and V lie in panels of units, [36][channels/4w][tiles][4w] with w vectors of a unit; M as the register tiles it is made
 * of, [36][filters/4][channels/8w][4 filters][8w channels], so that every accumulator moves in sequence: 4×8, or 4×16 of
 * joined vectors.
 */

import { type FunctionHandle, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { type Fused, planePitch } from "./kernel.ts";
import { accumulate, zero } from "./tile.ts";
import type { Width } from "./winograd-lockstep.ts";
import { POINTS } from "./winograd-plan.ts";

export interface AccumulatePlan {
  /** Extents of the part of dw that M holds; multiples of 4. */
  readonly filters: number;
  readonly channels: number;
  /** Bytes from plane to plane of Y and V. */
  readonly pitchY: number;
  readonly pitchV: number;
  /** Vectors of a unit of Y and V, and bytes of their panels. */
  readonly widthY: Width;
  readonly width: Width;
  readonly panelY: number;
  readonly panelV: number;
  readonly unroll: number;
}

/** What the layout of M depends on. */
export type ProductPlan = Pick<AccumulatePlan, "filters" | "channels" | "width">;

/** A tile of M: 4 filters × two units of channels; the last of a row may use half. */
export const tileBytes = ({ width }: Pick<ProductPlan, "width">): number => 4 * 8 * width * 4;

/** Bytes of the tiles of four filters at one point. */
export const rowBytesOfM = (plan: Pick<ProductPlan, "channels" | "width">): number =>
  Math.ceil(plan.channels / (8 * plan.width)) * tileBytes(plan);

export const pitchOfM = (plan: ProductPlan): number => planePitch((plan.filters / 4) * rowBytesOfM(plan));

export const bytesOfM = (plan: ProductPlan): number => POINTS * pitchOfM(plan);

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
    const { width, widthY, panelV, panelY } = plan;
    const tile = (units: number, row: number): void => {
      const vectors = units * width;
      const accumulators = f.locals("v128", 4 * vectors);
      const place = (k: number): number => Math.floor(k / vectors) * 32 * width + (k % vectors) * 16;
      f.if(
        first,
        () => zero(f, accumulators),
        () => accumulators.forEach((value, k) => void f.set(value, v128.load(m, place(k)))),
      );
      f.set(a, y);
      accumulate(f, {
        accumulators,
        a: { pointer: a, offsets: [0, 4, 8, 12].map((offset) => row * 16 + offset), step: 16 * widthY },
        b: {
          pointer: b,
          offsets: Array.from({ length: vectors }, (_, k) => Math.floor(k / width) * panelV + (k % width) * 16),
          step: 16 * width,
        },
        count: tiles,
        unroll: plan.unroll,
        madd,
      });
      const stores = accumulators.map((value, k) => v128.store(m, value, place(k)));
      // Of two vectors that are joined, the last is stored first.
      f.do(...(width > 1 ? stores.reverse() : stores));
      f.increment(m, tileBytes(plan));
    };
    f.repeat(plan.filters / 4 / widthY, () => {
      for (let row = 0; row < widthY; row++) {
        const column = f.let(v);
        f.repeat(Math.floor(plan.channels / (8 * width)), () => {
          f.set(b, column);
          tile(2, row);
          f.increment(column, 2 * panelV);
        });
        if (plan.channels % (8 * width) !== 0) {
          f.set(b, column);
          tile(1, row);
        }
      }
      f.increment(y, panelY);
    });
  });
}
