/**
 * The inner part of a direct convolution: output rows of one phase of one image, for one panel of result channels, in
 * register tiles of pixels × vectors. Tiles go along rows; across them too where the plan says so, over all rows at once.
 */

import { type FunctionBuilder, type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import type { Phase } from "./correlation.ts";
import type { PanelSize } from "./direct-panels.ts";
import { type DirectPlan, phaseSteps } from "./direct-plan.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import type { MultiplyAdd } from "./kernel.ts";
import { accumulate, forParts, splitEvenly, storeLanes, sumLanes, zero } from "./tile.ts";

/** Up to this many multiply-add steps are written out without loops. */
const STRAIGHT = 36;

/** Defines `(a, weights, y, offset, channel, rows, …epilogue)`: some output rows of a phase, for one panel of one image. */
export function definePanel(
  module: ModuleBuilder,
  name: string,
  plan: DirectPlan,
  phase: Phase,
  { channels, packed }: PanelSize,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const { work } = plan;
  const own = { a: "i32", weights: "i32", y: "i32", offset: "i32", channel: "i32", rows: "i32" } as const;
  const vectors = Math.ceil(channels / 4);
  const resultPixel = work.groups * work.results * 4 * phase.x.outputStep;
  const resultRow = work.groups * work.results * 4 * work.output[1] * phase.y.outputStep;
  const limit = rowLimit(plan, vectors);
  return module.function({ name, parameters: { ...own, ...epilogue?.parameters }, export: false }, (f, all) => {
    const p = all as unknown as { readonly [K in keyof typeof own]: Local<"i32"> };
    const extra = Object.fromEntries(
      Object.keys(epilogue?.parameters ?? {}).map((key) => [key, all[key as "a"] as Local]),
    );
    const start = (phase.y.offset - plan.firstRow) * plan.rowPitch + (phase.x.offset - plan.firstColumn) * plan.pixel;
    if (phaseSteps(work, phase) > 0) f.increment(p.a, start);
    const emit = (pixel: Local<"i32">, offset: Local<"i32">, pixels: readonly TilePixel[]): void => {
      const accumulators = f.locals("v128", pixels.length * vectors);
      zero(f, accumulators);
      const offsets = pixels.map(({ source }) => source);
      accumulateTaps(f, plan, phase, { accumulators, offsets, pixel, weights: p.weights, vectors, packed }, madd);
      if (plan.inner) for (const value of accumulators) f.set(value, sumLanes(f, value));
      const place = (k: number): number => pixels[Math.floor(k / vectors)]!.target + 16 * (k % vectors);
      const places = accumulators.map((value, k): EpilogueVector => {
        const v = k % vectors;
        const channel = i32.add(p.channel, 16 * v);
        return { value, offset: i32.add(offset, place(k)), channel, lanes: Math.min(4, channels - 4 * v) };
      });
      epilogue?.emit(f, extra, places);
      const base = f.let(i32.add(p.y, offset));
      // The last first: an engine that joins stores wants the higher address of a pair before the lower.
      for (let k = places.length - 1; k >= 0; k--) {
        const { value, lanes } = places[k]!;
        f.do(...storeLanes(base, value, lanes, place(k)));
      }
    };
    /** Pixel number `r` from the start of an output row, or of all rows. */
    const pixelAt = (r: number): TilePixel => {
      const row = plan.acrossRows ? Math.floor(r / phase.x.count) : 0;
      const column = r - row * phase.x.count;
      const source = row * phase.y.step * plan.rowPitch + column * phase.x.step * plan.pixel;
      return { source, target: row * resultRow + column * resultPixel };
    };
    if (plan.acrossRows) {
      let at = 0;
      for (const { size, count } of splitEvenly(phase.y.count * phase.x.count, limit)) {
        for (let part = 0; part < count; part++) {
          emit(
            p.a,
            p.offset,
            Array.from({ length: size }, (_, r) => pixelAt(at + r)),
          );
          at += size;
        }
      }
      return;
    }
    f.repeat(p.rows, () => {
      const pixel = f.let(p.a);
      const offset = f.let(p.offset);
      forParts(f, phase.x.count, limit, (_start, size) => {
        emit(
          pixel,
          offset,
          Array.from({ length: size }, (_, r) => pixelAt(r)),
        );
        f.increment(pixel, size * phase.x.step * plan.pixel);
        f.increment(offset, size * resultPixel);
      });
      f.increment(p.a, phase.y.step * plan.rowPitch);
      f.increment(p.offset, resultRow);
    });
  });
}

/** Bytes from the tile's pointers to what a pixel reads and where its result goes. */
interface TilePixel {
  readonly source: number;
  readonly target: number;
}

/** Rows that a register tile of so many vectors takes at most. */
function rowLimit(plan: DirectPlan, vectors: number): number {
  if (vectors === 1) return Math.min(12, 2 * plan.rows + 2);
  // One pair: as many sums as multiply-adds are under way at once; more were slower.
  return plan.wide && vectors === 2 ? Math.max(8, plan.rows) : plan.rows;
}

interface TapTile {
  readonly accumulators: readonly Local<"v128">[];
  readonly offsets: readonly number[];
  readonly pixel: Local<"i32">;
  readonly weights: Local<"i32">;
  readonly vectors: number;
  /** Channels of the packed panel. */
  readonly packed: number;
}

/** Sums over taps and channels: runs along a tap row, tap rows one after another. */
function accumulateTaps(f: FunctionBuilder, plan: DirectPlan, phase: Phase, tile: TapTile, madd: MultiplyAdd): void {
  const { work } = plan;
  const steps = phaseSteps(work, phase);
  if (steps === 0) return;
  const channelsAStep = plan.inner ? 4 : 1;
  const straight = plan.unroll > 1 && steps <= STRAIGHT * channelsAStep;
  const oneRun = phase.x.spacing === 1 && plan.pixel === work.contracted * 4;
  const runs = oneRun ? 1 : phase.x.taps.length;
  const run = (oneRun ? phase.x.taps.length * work.contracted : work.contracted) / channelsAStep;
  const bytes = plan.inner ? 16 : tile.packed * 4;
  const b = f.let(tile.weights);
  const again = (count: number, body: () => void): void => {
    if (straight || count === 1) for (let k = 0; k < count; k++) body();
    else f.repeat(count, body);
  };
  const row = f.let(tile.pixel);
  again(phase.y.taps.length, () => {
    const tap = f.let(row);
    again(runs, () => {
      accumulate(f, {
        accumulators: tile.accumulators,
        a: {
          pointer: runs === 1 ? tap : f.let(tap),
          offsets: tile.offsets,
          step: 4 * channelsAStep,
          vectors: plan.inner,
        },
        b: { pointer: b, offsets: Array.from({ length: tile.vectors }, (_, v) => 16 * v), step: bytes },
        count: run,
        unroll: straight ? run : plan.unroll,
        madd,
      });
      if (runs > 1) f.increment(tap, phase.x.spacing * plan.pixel);
    });
    f.increment(row, phase.y.spacing * plan.rowPitch);
  });
}
