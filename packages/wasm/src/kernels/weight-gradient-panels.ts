/**
 * Direct weight gradient, arrangement `panels`: sums [filters/4][channels/8][tap][4 filters][8 channels] of a unit, from
 * x in panels [channels/4][image][row][column][4] (padded; or in eights) and dy in panels
 * [filters/4][image][row][column][4].
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts";
import type { MultiplyAdd } from "./kernel.ts";
import { accumulate, storeDown, zero } from "./tile.ts";
import { taps, type WeightGradientPlan } from "./weight-gradient-plan.ts";

const TILE = 4 * 8 * 4;

/**
 * Defines `(y, x, partial, images, rows, first)` for a part of `channels` channels that starts at panel `x` and tile
 * `partial`; sums start at zero if `first`.
 */
export function definePanelSums(
  module: ModuleBuilder,
  name: string,
  plan: WeightGradientPlan,
  channels: number,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const { shape } = plan;
  const parameters = { y: "i32", x: "i32", partial: "i32", images: "i32", rows: "i32", first: "i32" } as const;
  const tapCount = taps(shape);
  const vectorCount = Math.ceil(channels / 4);
  return module.function({ name, parameters, export: false }, (f, p) => {
    const tile = defineTile(f, plan, p, madd);
    f.repeat(Math.ceil(shape.filters / 4), () => {
      const x = f.let(p.x);
      const columns = (vectors: number): void => {
        for (let ky = 0; ky < shape.axes[0].kernel; ky++) {
          for (let kx = 0; kx < shape.axes[1].kernel; kx++) tile(x, ky, kx, vectors);
        }
        f.increment(x, Math.ceil(vectors / plan.panelVectors) * plan.pitchX);
        // A tile of 16 channels lies in two places.
        if (vectors > 2) f.increment(p.partial, tapCount * TILE);
      };
      f.repeat(Math.floor(vectorCount / plan.tileVectors), () => columns(plan.tileVectors));
      if (vectorCount % plan.tileVectors > 1) columns(2);
      if (vectorCount % 2 > 0) columns(1);
      f.increment(p.y, plan.pitchY);
      // Tiles of other channel blocks lie between those of this one.
      f.increment(p.partial, (Math.ceil(shape.channels / 8) - Math.ceil(channels / 8)) * tapCount * TILE);
    });
  });
}

type Sums = Readonly<Record<"y" | "x" | "partial" | "images" | "rows" | "first", Local<"i32">>>;

function defineTile(
  f: FunctionBuilder,
  plan: WeightGradientPlan,
  p: Sums,
  madd: MultiplyAdd,
): (x: Local<"i32">, ky: number, kx: number, vectors: number) => void {
  const [yAxis, xAxis] = plan.shape.axes;
  const pixel = plan.panelVectors * 16;
  const rowX = plan.copiedColumns * pixel;
  // Without gaps between rows in either operand, rows of an image are one walk.
  const joined = plan.copiedColumns === xAxis.output && xAxis.stride === 1 && yAxis.stride === 1 && yAxis.kernel === 1;
  return (x, ky, kx, vectors) => {
    const accumulators = f.locals("v128", 4 * vectors);
    const place = (k: number): number => {
      const v = k % vectors;
      return Math.floor(v / 2) * taps(plan.shape) * TILE + Math.floor(k / vectors) * 32 + (v % 2) * 16;
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
    const imageX = f.let(i32.add(x, ky * yAxis.dilation * rowX + kx * xAxis.dilation * pixel));
    const imageY = f.let(p.y);
    const offsets = Array.from(
      { length: vectors },
      (_, v) => Math.floor(v / plan.panelVectors) * plan.pitchX + (v % plan.panelVectors) * 16,
    );
    const walk = (count: number | Local<"i32">, a: Local<"i32">, b: Local<"i32">): void =>
      accumulate(f, {
        accumulators,
        a: { pointer: a, offsets: [0, 4, 8, 12], step: 16 },
        b: { pointer: b, offsets, step: pixel * xAxis.stride },
        count,
        unroll: plan.unroll,
        madd,
      });
    f.repeat(p.images, () => {
      const a = f.let(imageY);
      if (joined) walk(f.let(i32.mul(p.rows, xAxis.output)), a, f.let(imageX));
      else {
        const row = f.let(imageX);
        f.repeat(p.rows, () => {
          walk(xAxis.output, a, f.let(row));
          f.increment(row, yAxis.stride * rowX);
        });
      }
      f.increment(imageX, plan.imageX);
      f.increment(imageY, plan.imageY);
    });
    storeDown(f, p.partial, accumulators, place);
    f.increment(p.partial, TILE);
  };
}
