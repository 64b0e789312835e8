/**
 * Winograd transforms of channels-last images, for the tiles of some tile rows: V = Bᵀ d B of 6×6 tiles that overlap by
 * two (what is convolved), or G g Gᵀ of 4×4 tiles side by side (dy as the filter of the weight gradient).
 *
 * Separable: columns first. The vertical transform of a column is shared by the two tiles that overlap there, so it is
 * done once for each image column and kept in a row buffer [unit][column][6][vectors of a unit]; then each tile is
 * transformed horizontally. A unit is one vector of four channels, or two neighbours in lockstep. Rows outside the image
 * point at a row of zeros, columns outside stay zero in the row buffer.
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
import { lockstep, type Width } from "./winograd-lockstep.ts";
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
  /** Bytes from one tile to the next, and from one unit of channels to the next, inside a plane. */
  readonly tileStep: number;
  readonly unitStep: number;
  readonly units: Units;
}

/** How the vectors of an image's channels are taken. */
export interface Units {
  /** Vectors of four channels in a unit; they are neighbours in planes as in the image. */
  readonly width: Width;
  /** Units transformed together: whole cache lines are used while they are in reach. */
  readonly together: number;
  /** The code's vectors may be joined. */
  readonly wide: boolean;
}

/** Bytes of a transformed column of the row buffer. */
const columnBytes = ({ units }: InputTransform): number => 6 * 16 * units.width;

const transformOf = (t: InputTransform): typeof dataTransform => (t.window === 6 ? dataTransform : filterTransform);

export function unitsOf(channels: number, wide: boolean): Units {
  const width = wide && channels % 8 === 0 ? 2 : 1;
  const fits = (n: number): boolean => (channels / 4) % (n * width) === 0;
  return { width, together: (width === 2 ? [2] : [4, 3, 2]).find(fits) ?? 1, wide };
}

const bufferColumns = (t: InputTransform): number => 4 * t.tilesX + t.window - 4;

/** Bytes of scratch: the row buffer and the row of zeros. */
export function inputScratch(t: InputTransform): number {
  return constantsAt(t) + alignLine(FILTER_CONSTANTS.length * CONSTANT_BYTES);
}

const constantsAt = (t: InputTransform): number => rowBufferBytes(t) + zeroRowBytes(t);

const rowBufferBytes = (t: InputTransform): number => alignLine(t.units.together * bufferColumns(t) * columnBytes(t));

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
    const ops = hoisted(f, arithmetic, i32.add(scratch, constantsAt(t)), values, t.units.wide);
    const { width, together } = t.units;
    const row = f.local("i32");
    f.for(row, row0, row1, 1, () => {
      const rows = rowPointers(f, t, image, i32.add(scratch, rowBufferBytes(t)), row);
      const out = f.let(v);
      touchRows(f, t, rows);
      f.repeat(t.channels / 4 / width / together, () => {
        transformColumns(f, t, ops, rows, scratch);
        for (const pointer of rows) f.increment(pointer, 16 * width * together);
        for (let k = 0; k < together; k++) {
          const buffer = i32.add(scratch, k * bufferColumns(t) * columnBytes(t));
          transformTiles(f, t, ops, buffer, i32.add(out, k * t.unitStep));
        }
        f.increment(out, together * t.unitStep);
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

/** Vertical transforms of all image columns that some tile reads, for `together` units. */
function transformColumns(
  f: FunctionBuilder,
  t: InputTransform,
  ops: Fused,
  rows: readonly Local<"i32">[],
  buffer: Local<"i32">,
): void {
  const columns = Math.min(t.width, bufferColumns(t) - t.padX);
  if (columns <= 0) return;
  const { width, together } = t.units;
  const out = f.let(i32.add(buffer, t.padX * columnBytes(t)));
  const pointers = rows.map((pointer) => f.let(pointer));
  f.repeat(columns, () => {
    for (let k = 0; k < together; k++) {
      const unit = k * bufferColumns(t) * columnBytes(t);
      lockstep(f, {
        width,
        inputs: t.window,
        load: (i, byte) => v128.load(pointers[i]!, 16 * width * k + byte),
        transform: (d) => transformOf(t)(f, ops, d),
        store: (j, value, byte) => v128.store(out, value, unit + j * 16 * width + byte),
      });
    }
    for (const pointer of pointers) f.increment(pointer, t.channels * 4);
    f.increment(out, columnBytes(t));
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
  const { width } = t.units;
  const source = f.let(buffer);
  const out = f.let(target);
  f.repeat(t.tilesX, () => {
    for (let j = 0; j < 6; j++) {
      lockstep(f, {
        width,
        inputs: t.window,
        load: (column, byte) => v128.load(source, column * columnBytes(t) + j * 16 * width + byte),
        transform: (d) => transformOf(t)(f, ops, d),
        store: (k, value, byte) => v128.store(out, value, (6 * j + k) * t.pitch + byte),
      });
    }
    f.increment(source, 4 * columnBytes(t));
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
