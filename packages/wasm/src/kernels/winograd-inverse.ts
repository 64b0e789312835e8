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
import { type AccumulatePlan, pitchOfM, TILE_BYTES } from "./winograd-accumulate.ts";
import { OUTPUT_CONSTANTS, outputTransform } from "./winograd-matrices.ts";

export interface InversePlan extends Pick<AccumulatePlan, "filters" | "channels"> {
  /** Channels of the whole of dw, of which M may hold a part. */
  readonly allChannels: number;
  /** Bytes from one partial product to the next; left out where there is but one. */
  readonly chunkBytes?: number;
}

const CONSTANTS_AT = (36 + 18) * 16;
export const INVERSE_SCRATCH = CONSTANTS_AT + OUTPUT_CONSTANTS.length * CONSTANT_BYTES;

/** Defines `(m, dw, scratch, count, chunks)`: `count` rows of four filters, from the first tile of `m` and filter of `dw` on. */
export function defineInverse(
  module: ModuleBuilder,
  name: string,
  plan: InversePlan,
  arithmetic: Fused,
): FunctionHandle<"void"> {
  const parameters = { m: "i32", dw: "i32", scratch: "i32", count: "i32", chunks: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { m, dw, scratch, count, chunks }) => {
    const ops = hoisted(f, arithmetic, i32.add(scratch, CONSTANTS_AT), OUTPUT_CONSTANTS);
    f.repeat(count, () => {
      const out = f.let(dw);
      const tile = (vectors: number): void => {
        for (let k = 0; k < vectors; k++) {
          const source = f.let(i32.add(m, 16 * k));
          const target = f.let(out);
          f.repeat(4, () => {
            invert(f, plan, ops, { source, scratch, target, chunks });
            f.increment(source, 32);
            f.increment(target, plan.allChannels * 36);
          });
          f.increment(out, 4 * 36);
        }
        f.increment(m, TILE_BYTES);
      };
      f.repeat(Math.floor(plan.channels / 8), () => tile(2));
      if (plan.channels % 8 !== 0) tile(1);
      f.increment(dw, 4 * plan.allChannels * 36);
    });
  });
}

/** Four channels of one filter: 36 sums, 6×6 → 6×3 → 3×3, nine taps of four lanes each. */
function invert(
  f: FunctionBuilder,
  plan: InversePlan,
  ops: Fused,
  { source, scratch, target, chunks }: Readonly<Record<"source" | "scratch" | "target" | "chunks", Local<"i32">>>,
): void {
  const pitch = pitchOfM(plan);
  let from = source;
  const { chunkBytes } = plan;
  if (chunkBytes !== undefined) {
    const partial = f.let(source);
    const row = f.let(scratch);
    f.repeat(6, () => {
      const sums = Array.from({ length: 6 }, (_, k) => f.let(v128.load(partial, k * pitch)));
      const next = f.let(partial);
      f.repeat(i32.sub(chunks, 1), () => {
        f.increment(next, chunkBytes);
        sums.forEach((sum, k) => void f.set(sum, f32x4.add(sum, v128.load(next, k * pitch))));
      });
      sums.forEach((sum, k) => void f.do(v128.store(row, sum, 16 * k)));
      f.increment(partial, 6 * pitch);
      f.increment(row, 96);
    });
    from = scratch;
  }
  const step = chunkBytes === undefined ? pitch : 16;
  for (let j = 0; j < 6; j++) {
    const row = [0, 1, 2, 3, 4, 5].map((k) => f.let(v128.load(from, (6 * j + k) * step)));
    outputTransform(f, ops, row, 3).forEach((value, k) => {
      f.do(v128.store(scratch, value, (36 + 6 * k + j) * 16));
    });
  }
  for (let kx = 0; kx < 3; kx++) {
    const column = [0, 1, 2, 3, 4, 5].map((j) => f.let(v128.load(scratch, (36 + 6 * kx + j) * 16)));
    outputTransform(f, ops, column, 3).forEach((value, ky) => {
      const taps = f.let(value);
      for (let lane = 0; lane < 4; lane++) f.do(v128.store32Lane(target, taps, lane, lane * 36 + (3 * ky + kx) * 4));
    });
  }
}
