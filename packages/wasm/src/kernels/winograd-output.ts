/**
 * Winograd output transform: y = Aᵀ m A for the tiles of some tile rows, stored channels-last with what sticks out of
 * the image cut off. Rows first into scratch (6×4), then columns to the four-by-four outputs, where the epilogue acts.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import { CONSTANT_BYTES, type Fused, hoisted } from "./kernel.ts";
import { OUTPUT_CONSTANTS, outputTransform } from "./winograd-matrices.ts";
import type { WinogradPlan } from "./winograd-plan.ts";

const CONSTANTS_AT = 24 * 16;
export const OUTPUT_SCRATCH = CONSTANTS_AT + OUTPUT_CONSTANTS.length * CONSTANT_BYTES;

/**
 * Defines `(m, y, scratch, row0, row1, channel0, channel1, …epilogue)` for tile rows [row0, row1), tiles consecutive from
 * `m` on, and the result's channels [channel0, channel1), which are given in bytes.
 */
export function defineOutputTransform(
  module: ModuleBuilder,
  name: string,
  plan: WinogradPlan,
  arithmetic: Fused,
  epilogue: Epilogue | undefined,
): FunctionHandle<"void"> {
  const parameters = {
    m: "i32",
    y: "i32",
    scratch: "i32",
    row0: "i32",
    row1: "i32",
    channel0: "i32",
    channel1: "i32",
    ...epilogue?.parameters,
  } as const;
  const [height, width] = [plan.shape.axes[0].output, plan.shape.axes[1].output];
  const pixel = plan.filters * 4;
  return module.function({ name, parameters, export: false }, (f, p) => {
    const ops = hoisted(f, arithmetic, i32.add(p.scratch, CONSTANTS_AT), OUTPUT_CONSTANTS);
    const extra = Object.fromEntries(Object.keys(epilogue?.parameters ?? {}).map((key) => [key, p[key as "m"]]));
    const row = f.local("i32");
    f.for(row, p.row0, p.row1, 1, () => {
      const n = f.let(i32.divU(row, plan.tilesY));
      const top = f.let(i32.mul(i32.sub(row, i32.mul(n, plan.tilesY)), 4));
      const offset = f.let(i32.mul(i32.mul(i32.add(i32.mul(n, height), top), width), pixel));
      f.set(offset, i32.add(offset, p.channel0));
      const left = f.let(i32.const(0));
      f.doWhile(() => {
        const channel = f.let(p.channel0);
        const m = f.let(p.m);
        f.doWhile(() => {
          transformTile(f, plan, ops, m, p.scratch);
          storeTile(f, plan, ops, { scratch: p.scratch, y: p.y, offset, channel, top, left, epilogue, extra });
          f.increment(m, 16);
          f.increment(offset, 16);
          f.increment(channel, 16);
          return i32.ne(channel, p.channel1);
        });
        f.increment(p.m, plan.groupFilters * 4);
        f.set(offset, i32.add(offset, i32.sub(i32.add(p.channel0, 4 * pixel), p.channel1)));
        f.increment(left, 4);
        return i32.ltS(left, width);
      });
    });
  });
}

/** Aᵀ m along the rows of the 6×6 products: scratch[column][row of six]. */
function transformTile(
  f: FunctionBuilder,
  plan: WinogradPlan,
  ops: Fused,
  m: Local<"i32">,
  scratch: Local<"i32">,
): void {
  for (let j = 0; j < 6; j++) {
    const products = [0, 1, 2, 3, 4, 5].map((k) => f.let(v128.load(m, (6 * j + k) * plan.pitchM)));
    outputTransform(f, ops, products, 4).forEach((value, column) => {
      f.do(v128.store(scratch, value, (column * 6 + j) * 16));
    });
  }
}

interface TileStore {
  readonly scratch: Local<"i32">;
  readonly y: Local<"i32">;
  /** Bytes from the result's start to the tile's first pixel, at this channel. */
  readonly offset: Local<"i32">;
  readonly channel: Local<"i32">;
  readonly top: Local<"i32">;
  readonly left: Local<"i32">;
  readonly epilogue: Epilogue | undefined;
  readonly extra: Readonly<Record<string, Local>>;
}

function storeTile(f: FunctionBuilder, plan: WinogradPlan, ops: Fused, store: TileStore): void {
  const [height, width] = [plan.shape.axes[0].output, plan.shape.axes[1].output];
  const pixel = plan.filters * 4;
  const address = f.let(i32.add(store.y, store.offset));
  for (let column = 0; column < 4; column++) {
    const emit = (): void => {
      const sums = [0, 1, 2, 3, 4, 5].map((j) => f.let(v128.load(store.scratch, (column * 6 + j) * 16)));
      const values = outputTransform(f, ops, sums, 4).map((value) => f.let(value));
      const place = (row: number): number => (row * width + column) * pixel;
      const vectors = values.map(
        (value, row): EpilogueVector => ({
          value,
          offset: i32.add(store.offset, place(row)),
          channel: store.channel,
          lanes: 4,
        }),
      );
      store.epilogue?.emit(f, store.extra, vectors);
      values.forEach((value, row) => {
        const put = (): void => f.do(v128.store(address, value, place(row)));
        // Rows 4·ty … always exist; later ones may not where the height is not a multiple of 4.
        if (row >= ((height - 1) % 4) + 1) f.if(i32.ltS(store.top, height - row), put);
        else put();
      });
    };
    if (column >= ((width - 1) % 4) + 1) f.if(i32.ltS(store.left, width - column), emit);
    else emit();
  }
}
