/**
 * End of the Winograd weight gradient: the sum of partial products in chunk order, then dw = Aᵀ M A (6×6 → 3×3), stored in
 * logical order (O, I, 3, 3). Lanes run over channels, so four filters of nine taps are written together.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts";
import { CONSTANT_BYTES, type Fused, hoisted } from "./kernel.ts";
import { type ProductPlan, pitchOfM, tileBytes } from "./winograd-accumulate.ts";
import { lockstep } from "./winograd-lockstep.ts";
import { OUTPUT_CONSTANTS, outputTransform } from "./winograd-matrices.ts";

export interface InversePlan extends ProductPlan {
  readonly wide: boolean;
  /** Channels of the whole of dw, of which M may hold a part. */
  readonly allChannels: number;
  /** Bytes from one partial product to the next; left out where there is but one. */
  readonly chunkBytes?: number;
}

type Width = Pick<InversePlan, "width">;

/**
 * Scratch: [6][6] sums of a unit of channels, [3][6] half transformed; of joined vectors the taps [9], and a tile of dw,
 * [4 filters][16 channels][9]; then constants.
 */
const HALF_AT = 36;
const TAPS_AT = HALF_AT + 18;
const DW_AT = TAPS_AT + 9;
const DW_ROW = 16 * 36;
const constantsAt = ({ width }: Width): number => (width > 1 ? DW_AT * 16 * width + 4 * DW_ROW : TAPS_AT * 16 * width);
export const inverseScratch = (plan: Width): number => constantsAt(plan) + OUTPUT_CONSTANTS.length * CONSTANT_BYTES;

/** Defines `(m, dw, scratch, count, chunks)`: `count` rows of four filters, from the first tile of `m` and filter of `dw` on. */
export function defineInverse(
  module: ModuleBuilder,
  name: string,
  plan: InversePlan,
  arithmetic: Fused,
): FunctionHandle<"void"> {
  const parameters = { m: "i32", dw: "i32", scratch: "i32", count: "i32", chunks: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { m, dw, scratch, count, chunks }) => {
    const ops = hoisted(f, arithmetic, i32.add(scratch, constantsAt(plan)), OUTPUT_CONSTANTS, plan.wide);
    const { width } = plan;
    f.repeat(count, () => {
      const out = f.let(dw);
      const tile = (units: number): void => {
        for (let k = 0; k < units; k++) {
          const source = f.let(i32.add(m, 16 * width * k));
          const target = f.let(width > 1 ? i32.add(scratch, DW_AT * 16 * width + k * 4 * width * 36) : out);
          f.repeat(4, () => {
            invert(f, plan, ops, { source, scratch, target, chunks });
            f.increment(source, 32 * width);
            f.increment(target, width > 1 ? DW_ROW : plan.allChannels * 36);
          });
          if (width === 1) f.increment(out, 4 * width * 36);
        }
        if (width > 1) copyTile(f, plan, scratch, out, units);
        f.increment(m, tileBytes(plan));
      };
      f.repeat(Math.floor(plan.channels / (8 * width)), () => tile(2));
      if (plan.channels % (8 * width) !== 0) tile(1);
      f.increment(dw, 4 * plan.allChannels * 36);
    });
  });
}

/** A unit of channels of one filter: 36 sums, 6×6 → 6×3 → 3×3, nine taps of four lanes a vector. */
function invert(
  f: FunctionBuilder,
  plan: InversePlan,
  ops: Fused,
  places: Readonly<Record<"source" | "scratch" | "target" | "chunks", Local<"i32">>>,
): void {
  const { source, scratch, target } = places;
  const { width, chunkBytes } = plan;
  const vector = 16 * width;
  if (chunkBytes !== undefined) addChunks(f, plan, chunkBytes, places);
  const [from, step] = chunkBytes === undefined ? [source, pitchOfM(plan)] : [scratch, vector];
  for (let j = 0; j < 6; j++) {
    lockstep(f, {
      width,
      inputs: 6,
      load: (k, byte) => v128.load(from, (6 * j + k) * step + byte),
      transform: (row) => outputTransform(f, ops, row, 3),
      store: (k, value, byte) => v128.store(scratch, value, (HALF_AT + 6 * k + j) * vector + byte),
    });
  }
  const storeTaps = (taps: Local<"v128">, tap: number, channel: number): void => {
    for (let lane = 0; lane < 4; lane++) f.do(v128.store32Lane(target, taps, lane, (channel + lane) * 36 + tap * 4));
  };
  for (let kx = 0; kx < 3; kx++) {
    const load = (j: number, byte: number) => v128.load(scratch, (HALF_AT + 6 * kx + j) * vector + byte);
    if (width === 1) {
      const column = [0, 1, 2, 3, 4, 5].map((j) => f.let(load(j, 0)));
      outputTransform(f, ops, column, 3).forEach((value, ky) => {
        storeTaps(f.let(value), 3 * ky + kx, 0);
      });
    } else {
      lockstep(f, {
        width,
        inputs: 6,
        load,
        transform: (column) => outputTransform(f, ops, column, 3),
        store: (ky, value, byte) => v128.store(scratch, value, (TAPS_AT + 3 * ky + kx) * vector + byte),
      });
    }
  }
  // Lanes of joined vectors are best taken from memory.
  if (width === 1) return;
  for (let tap = 0; tap < 9; tap++) {
    for (let channel = 0; channel < 4 * width; channel++) {
      f.do(i32.store(target, i32.load(scratch, (TAPS_AT + tap) * vector + 4 * channel), channel * 36 + tap * 4));
    }
  }
}

/** Four filters of dw from scratch to their places: whole vectors, because single stores would wait for memory. */
function copyTile(
  f: FunctionBuilder,
  { width, allChannels }: InversePlan,
  scratch: Local<"i32">,
  out: Local<"i32">,
  units: number,
): void {
  const from = f.let(i32.add(scratch, DW_AT * 16 * width));
  const to = f.let(out);
  const bytes = units * 4 * width * 36;
  f.repeat(4, () => {
    for (let at = 0; at < bytes; at += 32) {
      const [low, high] = [f.let(v128.load(from, at)), f.let(v128.load(from, at + 16))];
      f.do(v128.store(to, high, at + 16), v128.store(to, low, at));
    }
    f.increment(from, DW_ROW);
    f.increment(to, allChannels * 36);
  });
  f.increment(out, bytes);
}

/** The sums of all chunks, in their order, into scratch. */
function addChunks(
  f: FunctionBuilder,
  plan: InversePlan,
  chunkBytes: number,
  { source, scratch, chunks }: Readonly<Record<"source" | "scratch" | "chunks", Local<"i32">>>,
): void {
  const { width } = plan;
  const pitch = pitchOfM(plan);
  const partial = f.let(source);
  const row = f.let(scratch);
  const place = (i: number): number => Math.floor(i / width) * pitch + (i % width) * 16;
  f.repeat(6, () => {
    const sums = Array.from({ length: 6 * width }, (_, i) => f.let(v128.load(partial, place(i))));
    const next = f.let(partial);
    f.repeat(i32.sub(chunks, 1), () => {
      f.increment(next, chunkBytes);
      sums.forEach((sum, i) => void f.set(sum, f32x4.add(sum, v128.load(next, place(i)))));
    });
    const stores = sums.map((sum, i) => v128.store(row, sum, 16 * i));
    f.do(...(width > 1 ? stores.reverse() : stores));
    f.increment(partial, 6 * pitch);
    f.increment(row, 96 * width);
  });
}
