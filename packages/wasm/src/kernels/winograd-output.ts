/**
 * Winograd output transform: y = Aᵀ m A for the tiles of some tile rows, stored channels-last with what sticks out of
 * the image cut off. Rows first into scratch [4 columns][6][vectors], then columns to the four-by-four outputs, where the
 * epilogue acts. One vector of channels at a time, or two neighbours.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from "../assembler/index.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import { CONSTANT_BYTES, type Fused, hoisted } from "./kernel.ts";
import { lockstep, type Width } from "./winograd-lockstep.ts";
import { OUTPUT_CONSTANTS, outputTransform } from "./winograd-matrices.ts";
import type { WinogradPlan } from "./winograd-plan.ts";

const constantsAt = (wide: boolean): number => 24 * (wide ? 32 : 16);
export const outputScratch = (wide: boolean): number => constantsAt(wide) + OUTPUT_CONSTANTS.length * CONSTANT_BYTES;

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
    const ops = hoisted(f, arithmetic, i32.add(p.scratch, constantsAt(plan.wide)), OUTPUT_CONSTANTS, plan.wide);
    const extra = Object.fromEntries(Object.keys(epilogue?.parameters ?? {}).map((key) => [key, p[key as "m"]]));
    const row = f.local("i32");
    f.for(row, p.row0, p.row1, 1, () => {
      const n = f.let(i32.divU(row, plan.tilesY));
      const top = f.let(i32.mul(i32.sub(row, i32.mul(n, plan.tilesY)), 4));
      const offset = f.let(i32.mul(i32.mul(i32.add(i32.mul(n, height), top), width), pixel));
      f.set(offset, i32.add(offset, p.channel0));
      if (plan.wide) touchRows(f, plan, i32.add(p.y, offset), top);
      const left = f.let(i32.const(0));
      f.doWhile(() => {
        const channel = f.let(p.channel0);
        const m = f.let(p.m);
        const tile = (width: Width): void => {
          transformTile(f, plan, ops, width, m, p.scratch);
          storeTile(f, plan, ops, { width, scratch: p.scratch, y: p.y, offset, channel, top, left, epilogue, extra });
          f.increment(m, 16 * width);
          f.increment(offset, 16 * width);
          f.increment(channel, 16 * width);
        };
        const loop = (width: Width): void =>
          f.doWhile(() => {
            tile(width);
            return i32.ne(channel, p.channel1);
          });
        if (!plan.wide) loop(1);
        else if (plan.filters % 8 === 0) loop(2);
        else {
          f.while(
            () => i32.gtS(i32.sub(p.channel1, channel), 16),
            () => tile(2),
          );
          f.if(i32.ne(channel, p.channel1), () => tile(1));
        }
        f.increment(p.m, plan.groupFilters * 4);
        f.set(offset, i32.add(offset, i32.sub(i32.add(p.channel0, 4 * pixel), p.channel1)));
        f.increment(left, 4);
        return i32.ltS(left, width);
      });
    });
  });
}

/**
 * Reads one word of every cache line that a group of filters will write in a tile row: stores to sixteen pixels would wait
 * for one line after another, loads wait for many at once.
 */
function touchRows(f: FunctionBuilder, plan: WinogradPlan, address: Value<"i32">, top: Local<"i32">): void {
  const { filters, groupFilters, shape } = plan;
  const [height, width] = [shape.axes[0].output, shape.axes[1].output];
  if (filters % groupFilters !== 0) return;
  const at = f.let(address);
  const past = f.let(i32.add(top, 4));
  const rows = f.let(i32.sub(i32.minS(past, height), top));
  f.repeat(rows, () => {
    f.repeat(width, () => {
      for (let byte = 0; byte < groupFilters * 4; byte += 64) f.drop(i32.load(at, byte));
      f.increment(at, filters * 4);
    });
  });
}

/** Aᵀ m along the rows of the 6×6 products: scratch[column][row of six]. */
function transformTile(
  f: FunctionBuilder,
  plan: WinogradPlan,
  ops: Fused,
  width: Width,
  m: Local<"i32">,
  scratch: Local<"i32">,
): void {
  for (let j = 0; j < 6; j++) {
    lockstep(f, {
      width,
      inputs: 6,
      load: (k, byte) => v128.load(m, (6 * j + k) * plan.pitchM + byte),
      transform: (products) => outputTransform(f, ops, products, 4),
      store: (column, value, byte) => v128.store(scratch, value, (column * 6 + j) * 16 * width + byte),
    });
  }
}

interface TileStore {
  readonly width: Width;
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
  const { width: vectorCount } = store;
  const bytes = Array.from({ length: vectorCount }, (_, k) => 16 * k);
  const address = f.let(i32.add(store.y, store.offset));
  for (let column = 0; column < 4; column++) {
    const emit = (): void => {
      const sums = bytes.map((byte) =>
        [0, 1, 2, 3, 4, 5].map((j) => f.let(v128.load(store.scratch, (column * 6 + j) * 16 * vectorCount + byte))),
      );
      const neighbours = sums.map((six) => outputTransform(f, ops, six, 4).map((value) => f.let(value)));
      const rows = [0, 1, 2, 3].map((row) => neighbours.map((four) => four[row]!));
      const place = (row: number): number => (row * width + column) * pixel;
      const vectors = rows.flatMap((values, row) =>
        values.map(
          (value, k): EpilogueVector => ({
            value,
            offset: i32.add(store.offset, place(row) + 16 * k),
            channel: k === 0 ? store.channel : i32.add(store.channel, 16 * k),
            lanes: 4,
          }),
        ),
      );
      store.epilogue?.emit(f, store.extra, vectors);
      rows.forEach((values, row) => {
        const stores = values.map((value, k) => v128.store(address, value, place(row) + 16 * k));
        const put = (): void => f.do(...stores.reverse());
        // Rows 4·ty … always exist; later ones may not where the height is not a multiple of 4.
        if (row >= ((height - 1) % 4) + 1) f.if(i32.ltS(store.top, height - row), put);
        else put();
      });
    };
    if (column >= ((width - 1) % 4) + 1) f.if(i32.ltS(store.left, width - column), emit);
    else emit();
  }
}
