/**
 * The register tile of depthwise correlations: some neighbouring columns of one output row × one or two neighbouring
 * vectors of channels (two join into one of 256 bits). Inputs are loaded one after another and forgotten after the taps
 * and columns that they serve, while the weights of the row of taps stay in registers: that takes the fewest loads, and
 * each element still meets its taps in ascending order.
 */

import { type FunctionBuilder, f32x4, i32, type Local, type Value, v128 } from "../assembler/index.ts";
import type { Correlation, Phase } from "./correlation.ts";
import type { ColumnRun } from "./depthwise-taps.ts";
import type { Epilogue, EpilogueVector } from "./epilogue.ts";
import type { MultiplyAdd } from "./kernel.ts";
import { loadLanes, storeLanes } from "./tile.ts";

type Index = Local<"i32">;

export const paddedChannels = (channels: number): number => Math.ceil(channels / 4) * 4;

/** A row of taps: whether it lies in the image, and the address of the image's line. */
export interface TapLine {
  readonly inside: Value<"i32">;
  readonly start: Index;
}

export interface TilePlace {
  readonly packed: Index;
  readonly y: Index;
  readonly lines: readonly TapLine[];
  /** Bytes from a line's start to the first tap's first column; from the result's start to the first column. */
  readonly shift: Index;
  readonly place: Index;
  /** Byte offset of the channels. */
  readonly channel: Index;
}

export interface TileCode {
  readonly work: Correlation;
  readonly phase: Phase;
  readonly epilogue: Epilogue | undefined;
  /** The epilogue's parameters. */
  readonly extra: Readonly<Record<string, Local>>;
  readonly madd: MultiplyAdd;
}

/** @param lanes of each vector */
export function depthwiseTile(
  f: FunctionBuilder,
  code: TileCode,
  run: ColumnRun,
  lanes: readonly number[],
  at: TilePlace,
): void {
  const { work, phase, epilogue, extra } = code;
  const pixel = work.groups * 4;
  const sums = Array.from({ length: run.size }, () => lanes.map(() => f.let(f32x4.splat(0))));
  at.lines.forEach(({ inside, start }, j) => {
    f.if(inside, () => {
      const from = f.let(i32.add(i32.add(start, at.shift), at.channel));
      addLine(
        f,
        code,
        run,
        lanes,
        { from, weights: f.let(i32.add(at.packed, at.channel)), row: phase.y.taps[j]! },
        sums,
      );
    });
  });
  const step = phase.x.outputStep * pixel;
  const vectors = sums.flatMap((column, k) =>
    column.map((value, v): EpilogueVector => {
      const channel = v === 0 ? at.channel : f.let(i32.add(at.channel, 16 * v));
      return { value, offset: i32.add(i32.add(at.place, channel), k * step), channel, lanes: lanes[v]! };
    }),
  );
  epilogue?.emit(f, extra, vectors);
  const base = f.let(i32.add(i32.add(at.y, at.place), at.channel));
  sums.forEach((column, k) => {
    // The last vector first: of two stores that join, the later one stays.
    for (let v = lanes.length - 1; v >= 0; v--) f.do(...storeLanes(base, column[v]!, lanes[v]!, k * step + 16 * v));
  });
}

interface Line {
  readonly from: Index;
  readonly weights: Index;
  /** Of the kernel. */
  readonly row: number;
}

function addLine(
  f: FunctionBuilder,
  { work, phase, madd }: TileCode,
  run: ColumnRun,
  lanes: readonly number[],
  { from, weights, row }: Line,
  sums: readonly (readonly Local<"v128">[])[],
): void {
  const pixel = work.groups * 4;
  const { step, spacing } = phase.x;
  const first = run.taps[0] ?? 0;
  const loaded = run.taps.map((tap) => {
    const place = (row * work.weights.row + phase.x.taps[tap]!) * paddedChannels(work.groups) * 4;
    return { tap, weight: lanes.map((_, v) => f.let(v128.load(weights, place + 16 * v))) };
  });
  const columnOf = (tap: number, k: number): number => k * step + (tap - first) * spacing;
  const met = new Set(run.taps.flatMap((tap) => sums.map((_, k) => columnOf(tap, k))));
  for (const column of [...met].sort((a, b) => a - b)) {
    const input = lanes.map((count, v) => f.let(loadLanes(from, count, column * pixel + 16 * v)));
    for (const { tap, weight } of loaded) {
      sums.forEach((sum, k) => {
        if (columnOf(tap, k) !== column) return;
        sum.forEach((s, v) => {
          f.set(s, madd(input[v]!, weight[v]!, s));
        });
      });
    }
  }
}
