/**
 * Copies rows of channels-last images into padded scratch: [row][column][channel of one group], zeros where the image
 * ends. Columns of zeros are written once for each call of a kernel, since every copy leaves them alone.
 */

import { type FunctionBuilder, f32x4, i32, type Local, memory, type Value, v128 } from "../assembler/index.ts";
import { loadLanes, storeLanes } from "./tile.ts";

export interface PaddedCopy {
  /** Extents of the image, and its channels in all groups. */
  readonly height: number;
  readonly width: number;
  readonly allChannels: number;
  /** Channels that are copied. */
  readonly channels: number;
  /** Image index of the first copied column. */
  readonly firstColumn: number;
  readonly rows: number;
  readonly columns: number;
}

/** Copies `bytes` (a constant multiple of 4) between places that do not overlap. */
export function copyBytes(f: FunctionBuilder, target: Value<"i32">, source: Value<"i32">, bytes: number): void {
  const to = f.let(target);
  const from = f.let(source);
  const move = (count: number): void => {
    for (let k = 0; k < count; k++) f.do(v128.store(to, v128.load(from, 16 * k), 16 * k));
    f.increment(to, 16 * count);
    f.increment(from, 16 * count);
  };
  const vectors = Math.floor(bytes / 16);
  if (vectors > 8) f.repeat(Math.floor(vectors / 4), () => move(4));
  move(vectors > 8 ? vectors % 4 : vectors);
  const lanes = (bytes % 16) / 4;
  if (lanes > 0) f.do(...storeLanes(to, f.let(loadLanes(from, lanes)), lanes));
}

/** Writes zeros over `bytes` (a constant multiple of 4). */
export function zeroBytes(f: FunctionBuilder, target: Local<"i32">, bytes: number): void {
  if (bytes >= 1024) {
    f.do(memory.fill(target, 0, bytes));
    return;
  }
  const to = f.let(target);
  const vectors = Math.floor(bytes / 16);
  f.repeat(vectors, () => {
    f.do(v128.store(to, f32x4.splat(0)));
    f.increment(to, 16);
  });
  if (bytes % 16 > 0) f.do(...storeLanes(to, f32x4.splat(0), (bytes % 16) / 4));
}

/** Writes the columns of zeros at the edges of all rows of the scratch at `target`. */
export function clearColumns(f: FunctionBuilder, copy: PaddedCopy, target: Local<"i32">): void {
  const pixel = copy.channels * 4;
  const { start, count } = copiedColumns(copy);
  const before = Math.min(start - copy.firstColumn, copy.columns) * pixel;
  const after = copy.columns * pixel - before - count * pixel;
  const to = f.let(target);
  f.repeat(copy.rows, () => {
    if (before > 0) zeroBytes(f, to, before);
    if (after > 0) zeroBytes(f, f.let(i32.add(to, before + count * pixel)), after);
    f.increment(to, copy.columns * pixel);
  });
}

/** Image columns that are copied. */
function copiedColumns(copy: PaddedCopy): { start: number; count: number } {
  const start = Math.max(0, copy.firstColumn);
  return { start, count: Math.max(0, Math.min(copy.width, copy.firstColumn + copy.columns) - start) };
}

/**
 * Emits the copy of image rows `first` … `first + rows − 1` to `target`. `image` is the address of the image's first
 * pixel, at the first copied channel.
 */
export function copyRows(
  f: FunctionBuilder,
  copy: PaddedCopy,
  { target, image, first }: { target: Local<"i32">; image: Local<"i32">; first: Local<"i32"> },
): void {
  const pixel = copy.channels * 4;
  const { start, count } = copiedColumns(copy);
  const rowBytes = copy.columns * pixel;
  const to = f.let(target);
  const row = f.let(first);
  f.repeat(copy.rows, () => {
    f.if(
      i32.ltU(row, copy.height),
      () => {
        const source = f.let(i32.add(image, i32.mul(i32.add(i32.mul(row, copy.width), start), copy.allChannels * 4)));
        const inner = f.let(i32.add(to, (start - copy.firstColumn) * pixel));
        if (count > 0 && copy.channels === copy.allChannels) copyBytes(f, inner, source, count * pixel);
        else {
          f.repeat(count, () => {
            copyBytes(f, inner, source, pixel);
            f.increment(inner, pixel);
            f.increment(source, copy.allChannels * 4);
          });
        }
      },
      () => zeroBytes(f, to, rowBytes),
    );
    f.increment(to, rowBytes);
    f.increment(row, 1);
  });
}
