/**
 * The register tile of matrix products: R rows × up to four vectors of columns, summed over k in ascending order,
 *
 *     acc[r][v] += splat(a[r, k]) · b[k, v].
 *
 * a and b are walked by constant byte steps, so that rows, vectors and unrolled steps lie at constant offsets. B may be
 * read lane by lane where its columns are not neighbours.
 */

import { type FunctionBuilder, i32, type Local, type Value } from "../assembler/index.ts";
import type { Element } from "./contract-element.ts";

type Vector = Value<"v128">;

/** Locals that all tiles of a function share. */
export interface TileLocals {
  readonly accumulators: readonly Local<"v128">[];
  readonly vectors: readonly Local<"v128">[];
  readonly splat: Local<"v128">;
  readonly a: Local<"i32">;
  readonly b: Local<"i32">;
  readonly c: Local<"i32">;
  readonly end: Local<"i32">;
}

export function tileLocals(f: FunctionBuilder, rows: number, vectors: number): TileLocals {
  return {
    accumulators: f.locals("v128", vectors * rows),
    vectors: f.locals("v128", vectors),
    splat: f.local("v128"),
    a: f.local("i32"),
    b: f.local("i32"),
    c: f.local("i32"),
    end: f.local("i32"),
  };
}

export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Byte distances of A: from row to row, and from one k to the next. */
  readonly aRow: number;
  readonly aStep: number;
  /** Byte distances of B: from column to column, and from one k to the next. */
  readonly bColumn: number;
  readonly bStep: number;
  /** Lanes past `columns` may be read. */
  readonly padded: boolean;
  readonly count: number | Local<"i32">;
  readonly unroll: number;
}

/** Straight-line code is emitted for at most this many steps. */
const STRAIGHT = 8;

/** Lanes of each vector of `columns`. */
export function lanesOf(columns: number, lanes: number): number[] {
  return Array.from({ length: Math.ceil(columns / lanes) }, (_, v) => Math.min(lanes, columns - v * lanes));
}

function loadVector(element: Element, tile: Tile, pointer: Local<"i32">, v: number, lanes: number, at: number): Vector {
  const { bytes } = element;
  const offset = at + v * element.lanes * tile.bColumn;
  if (tile.bColumn === bytes) return element.load(pointer, tile.padded ? element.lanes : lanes, offset);
  let vector = element.loadFirst(pointer, offset);
  for (let lane = 1; lane < lanes; lane++) {
    vector = element.loadLane(pointer, vector, lane, offset + lane * tile.bColumn);
  }
  return vector;
}

/** Emits the sums; `locals.a` and `locals.b` point at k = 0 and are moved. */
export function accumulateTile(f: FunctionBuilder, element: Element, locals: TileLocals, tile: Tile): void {
  const { a, b, splat, vectors, accumulators, end } = locals;
  const lanes = lanesOf(tile.columns, element.lanes);
  const step = (k: number): void => {
    lanes.forEach((count, v) => {
      f.set(vectors[v]!, loadVector(element, tile, b, v, count, k * tile.bStep));
    });
    for (let row = 0; row < tile.rows; row++) {
      f.set(splat, element.splat(a, row * tile.aRow + k * tile.aStep));
      for (let v = 0; v < lanes.length; v++) {
        const accumulator = accumulators[row * lanes.length + v]!;
        f.set(accumulator, element.madd(splat, vectors[v]!, accumulator));
      }
    }
  };
  const steps = (n: number): void => {
    for (let k = 0; k < n; k++) step(k);
    f.increment(a, n * tile.aStep);
    f.increment(b, n * tile.bStep);
  };
  // The pointer into B counts: one addition and one register less than an index.
  const loop = (unroll: number): void =>
    f.doWhile(() => {
      steps(unroll);
      return i32.ne(b, end);
    });
  const { count, unroll } = tile;
  if (typeof count === "number") {
    if (count <= Math.max(STRAIGHT, unroll)) {
      steps(count);
      return;
    }
    const whole = count - (count % unroll);
    f.set(end, i32.add(b, whole * tile.bStep));
    loop(unroll);
    if (count > whole) steps(count - whole);
    return;
  }
  const part = (steps: Value<"i32">, unroll: number): void => {
    f.set(end, i32.add(b, i32.mul(steps, tile.bStep)));
    f.if(i32.ne(b, end), () => loop(unroll));
  };
  if (unroll > 1) part(i32.sub(count, i32.remU(count, unroll)), unroll);
  part(unroll > 1 ? i32.remU(count, unroll) : count, 1);
}

/**
 * Cuts rows `start` … `end` into tiles: of `tileRows`, and at the end one or two smaller ones of nearly equal size.
 * `body` is emitted once for each size.
 */
export function forRowTiles(
  f: FunctionBuilder,
  tileRows: number,
  start: Value<"i32">,
  end: Local<"i32">,
  body: (row: Local<"i32">, rows: number) => void,
): void {
  const row = f.let(start);
  const left = f.local("i32");
  const size = f.local("i32");
  const smaller = Array.from({ length: tileRows - 1 }, (_, i) => () => body(row, i + 1));
  f.while(
    () => i32.ltS(row, end),
    () => {
      f.set(left, i32.sub(end, row));
      f.if(
        i32.or(i32.geS(left, tileRows + 3), i32.eq(left, tileRows)),
        () => {
          body(row, tileRows);
          f.increment(row, tileRows);
        },
        () => {
          f.set(size, left);
          f.if(i32.gtS(left, tileRows), () => f.set(size, i32.shrU(i32.add(left, 1), 1)));
          f.switch(i32.sub(size, 1), smaller);
          f.increment(row, size);
        },
      );
    },
  );
}

/** The sizes that `forRowTiles` cuts `rows` into, in order. */
export function rowTileSizes(rows: number, tileRows: number): number[] {
  if (rows <= 0) return [];
  const whole = rows >= tileRows + 3 || rows === tileRows;
  const size = whole ? tileRows : rows > tileRows ? (rows + 1) >> 1 : rows;
  return [size, ...rowTileSizes(rows - size, tileRows)];
}
