/**
 * Winograd transforms of channels-last images, for the tiles of some tile rows: V = Bᵀ d B of 6×6 tiles that overlap by
 * two (what is convolved), or G g Gᵀ of 4×4 tiles side by side (dy as the filter of the weight gradient).
 *
 * Separable: columns first. The vertical transform of a column is shared by the two tiles that overlap there, so it is
 * done once for each image column and kept in a row buffer [channel vector][column][6]; then each tile is transformed
 * horizontally. Rows outside the image point at a row of zeros, columns outside stay zero in the row buffer.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  select,
  v128,
} from "../assembler/index.ts";
import { alignLine, CONSTANT_BYTES, type Fused, hoisted } from "./kernel.ts";
import { DATA_CONSTANTS, dataTransform, FILTER_CONSTANTS, filterTransform } from "./winograd-matrices.ts";

export interface InputTransform {
  /** Rows and columns of a tile: 6 transforms with Bᵀ, 4 with the G of F(3, 4). */
  readonly window: 4 | 6;
  /** Channels of the image, a multiple of 4. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Zeros before the first row and column; the tile at (ty, tx) starts at (4·ty − padY, 4·tx − padX). */
  readonly padY: number;
  readonly padX: number;
  readonly tilesY: number;
  readonly tilesX: number;
  /** Bytes from one transformed plane to the next. */
  readonly pitch: number;
  /** Bytes from one tile to the next, and from one vector of four channels to the next, inside a plane. */
  readonly tileStep: number;
  readonly vectorStep: number;
  /** Channel vectors transformed together: whole cache lines are used while they are in reach. */
  readonly together: number;
}

const COLUMN = 6 * 16;

const transformOf = (t: InputTransform): typeof dataTransform => (t.window === 6 ? dataTransform : filterTransform);

export const channelsTogether = (channels: number): number => [4, 3, 2].find((n) => (channels / 4) % n === 0) ?? 1;

const bufferColumns = (t: InputTransform): number => 4 * t.tilesX + t.window - 4;

/** Bytes of scratch: the row buffer and the row of zeros. */
export function inputScratch(t: InputTransform): number {
  return constantsAt(t) + alignLine(FILTER_CONSTANTS.length * CONSTANT_BYTES);
}

const constantsAt = (t: InputTransform): number => alignLine(t.together * bufferColumns(t) * COLUMN) + zeroRowBytes(t);

const zeroRowBytes = (t: InputTransform): number => alignLine(t.width * t.channels * 4);

/** Zeroes what the transform relies on being zero; once before its calls with this scratch. */
export function clearInputScratch(f: FunctionBuilder, t: InputTransform, scratch: Local<"i32">): void {
  f.do(memory.fill(scratch, 0, inputScratch(t)));
}

/**
 * Defines `(image, v, scratch, row0, row1)`: transforms tile rows [row0, row1), numbered n·tilesY + ty, into
 * consecutive tiles from `v` on.
 */
export function defineInputTransform(
  module: ModuleBuilder,
  name: string,
  t: InputTransform,
  arithmetic: Fused,
): FunctionHandle<"void"> {
  const parameters = { image: "i32", v: "i32", scratch: "i32", row0: "i32", row1: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { image, v, scratch, row0, row1 }) => {
    const values = t.window === 6 ? DATA_CONSTANTS : FILTER_CONSTANTS;
    const ops = hoisted(f, arithmetic, i32.add(scratch, constantsAt(t)), values);
    const row = f.local("i32");
    f.for(row, row0, row1, 1, () => {
      const rows = rowPointers(f, t, image, i32.add(scratch, alignLine(t.together * bufferColumns(t) * COLUMN)), row);
      const out = f.let(v);
      touchRows(f, t, rows);
      f.repeat(t.channels / 4 / t.together, () => {
        transformColumns(f, t, ops, rows, scratch);
        for (const pointer of rows) f.increment(pointer, 16 * t.together);
        for (let k = 0; k < t.together; k++) {
          transformTiles(f, t, ops, i32.add(scratch, k * bufferColumns(t) * COLUMN), i32.add(out, k * t.vectorStep));
        }
        f.increment(out, t.together * t.vectorStep);
      });
      f.increment(v, t.tilesX * t.tileStep);
    });
  });
}

/** Pointers to the image rows of a tile row, those outside the image at zeros. */
function rowPointers(
  f: FunctionBuilder,
  t: InputTransform,
  image: Local<"i32">,
  zeros: ReturnType<typeof i32.add>,
  row: Local<"i32">,
): Local<"i32">[] {
  const n = f.let(i32.divU(row, t.tilesY));
  const top = f.let(i32.sub(i32.mul(i32.sub(row, i32.mul(n, t.tilesY)), 4), t.padY));
  const rowBytes = t.width * t.channels * 4;
  const first = f.let(i32.add(image, i32.mul(i32.add(i32.mul(n, t.height), top), rowBytes)));
  return Array.from({ length: t.window }, (_, j) =>
    f.let(select(i32.add(first, j * rowBytes), zeros, i32.ltU(i32.add(top, j), t.height))),
  );
}

/** Vertical transforms of all image columns that some tile reads, for `together` channel vectors. */
function transformColumns(
  f: FunctionBuilder,
  t: InputTransform,
  ops: Fused,
  rows: readonly Local<"i32">[],
  buffer: Local<"i32">,
): void {
  const columns = Math.min(t.width, bufferColumns(t) - t.padX);
  if (columns <= 0) return;
  const out = f.let(i32.add(buffer, t.padX * COLUMN));
  const pointers = rows.map((pointer) => f.let(pointer));
  f.repeat(columns, () => {
    for (let k = 0; k < t.together; k++) {
      const d = pointers.map((pointer) => f.let(v128.load(pointer, 16 * k)));
      transformOf(t)(f, ops, d).forEach((value, j) => {
        f.do(v128.store(out, value, k * bufferColumns(t) * COLUMN + j * 16));
      });
    }
    for (const pointer of pointers) f.increment(pointer, t.channels * 4);
    f.increment(out, COLUMN);
  });
}

/** Horizontal transforms of the tiles of one row, from the row buffer to V. */
function transformTiles(
  f: FunctionBuilder,
  t: InputTransform,
  ops: Fused,
  buffer: ReturnType<typeof i32.add>,
  target: ReturnType<typeof i32.add>,
): void {
  const source = f.let(buffer);
  const out = f.let(target);
  f.repeat(t.tilesX, () => {
    for (let j = 0; j < 6; j++) {
      const d = Array.from({ length: t.window }, (_, column) => f.let(v128.load(source, column * COLUMN + j * 16)));
      transformOf(t)(f, ops, d).forEach((value, k) => {
        f.do(v128.store(out, value, (6 * j + k) * t.pitch));
      });
    }
    f.increment(source, 4 * COLUMN);
    f.increment(out, t.tileStep);
  });
}

/** Reads one word of every cache line of the rows new to this tile row, in sequence, ahead of the strided use. */
function touchRows(f: FunctionBuilder, t: InputTransform, rows: readonly Local<"i32">[]): void {
  for (const row of rows.slice(t.window - 4)) {
    const at = f.let(row);
    f.repeat(Math.floor((t.width * t.channels * 4) / 256), () => {
      for (let k = 0; k < 4; k++) f.drop(i32.load(at, 64 * k));
      f.increment(at, 256);
    });
  }
}
