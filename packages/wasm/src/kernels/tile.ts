/**
 * The register tile, the heart of every heavy kernel: rows × (4·vectors) accumulators,
 *
 *     acc[r][v] += splat(a[r, k]) · b[k, v]   for k = 0 … count − 1, in that order,
 *
 * with a and b walked by constant byte steps. Rows of a, vectors of b and unrolled steps lie at constant offsets, so a
 * step costs loads and multiply-adds alone. Engines keep 15 vectors in registers: 6×8 takes 12 accumulators, two
 * vectors of b, one splat; so does 6×16 where pairs of vectors are joined to one of 256 bits. Each element is summed in the order of k whatever the tile, so tiles never change bits.
 */

import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type Statement,
  shuffle32,
  type Value,
  v128,
} from "../assembler/index.ts";
import type { MultiplyAdd } from "./kernel.ts";

export interface Walk {
  /** Advanced by `count · step` bytes. */
  readonly pointer: Local<"i32">;
  /** Byte offsets of the rows (of a) or vectors (of b). */
  readonly offsets: readonly number[];
  /** Bytes from one k to the next. */
  readonly step: number;
  /** Of a: a row is a vector of four k, not a splat of one; b then has one vector, and sums end up spread over lanes. */
  readonly vectors?: boolean;
}

export interface Accumulation {
  /** Row by row: `a.offsets.length × b.offsets.length`. */
  readonly accumulators: readonly Local<"v128">[];
  readonly a: Walk;
  readonly b: Walk;
  readonly count: number | Local<"i32">;
  readonly unroll: number;
  readonly madd: MultiplyAdd;
}

/** Straight-line code is emitted for at most this many steps. */
const STRAIGHT = 8;

export function zero(f: FunctionBuilder, accumulators: readonly Local<"v128">[]): void {
  for (const accumulator of accumulators) f.set(accumulator, f32x4.splat(0));
}

function step(f: FunctionBuilder, { accumulators, a, b, madd }: Accumulation, k: number): void {
  const vectors = b.offsets.map((offset) => f.let(v128.load(b.pointer, offset + k * b.step)));
  a.offsets.forEach((offset, row) => {
    const load = a.vectors === true ? v128.load : v128.load32Splat;
    const splat = f.let(load(a.pointer, offset + k * a.step));
    vectors.forEach((vector, v) => {
      const accumulator = accumulators[row * vectors.length + v]!;
      f.set(accumulator, madd(splat, vector, accumulator));
    });
  });
}

/** Emits the accumulation; both pointers end past the last step. */
export function accumulate(f: FunctionBuilder, accumulation: Accumulation): void {
  const { a, b, count } = accumulation;
  const steps = (n: number): void => {
    for (let k = 0; k < n; k++) step(f, accumulation, k);
    f.increment(a.pointer, n * a.step);
    f.increment(b.pointer, n * b.step);
  };
  // The pointer that moves is the counter: one addition and one register less than an index.
  const [mover, stride] = b.step === 0 ? [a.pointer, a.step] : [b.pointer, b.step];
  if (typeof count !== "number") {
    const loop = (times: Value<"i32">, unroll: number): void => {
      const end = f.let(i32.add(mover, i32.mul(times, stride)));
      f.while(
        () => i32.ne(mover, end),
        () => steps(unroll),
      );
    };
    const rest = f.let(count);
    if (accumulation.unroll > 1) {
      const whole = f.let(i32.sub(count, i32.remU(count, accumulation.unroll)));
      loop(whole, accumulation.unroll);
      f.set(rest, i32.sub(count, whole));
    }
    loop(rest, 1);
    return;
  }
  const unroll = Math.min(accumulation.unroll, count);
  if (count <= Math.max(unroll, Math.min(STRAIGHT, 2 * unroll))) {
    steps(count);
    return;
  }
  const whole = Math.floor(count / unroll) * unroll;
  const end = f.let(i32.add(mover, whole * stride));
  f.doWhile(() => {
    steps(unroll);
    return i32.ne(mover, end);
  });
  if (count > whole) steps(count - whole);
}

/** `total` cut into parts of at most `limit`, as equal as can be: runs of equal parts, larger first. */
export function splitEvenly(total: number, limit: number): { size: number; count: number }[] {
  if (total <= 0) return [];
  const parts = Math.ceil(total / limit);
  const size = Math.ceil(total / parts);
  const smaller = size * parts - total;
  const runs = [{ size, count: parts - smaller }];
  if (smaller > 0) runs.push({ size: size - 1, count: smaller });
  return runs.filter((run) => run.size > 0);
}

/** Share of peak that a register tile of so many rows × 8 reaches: few rows wait for sums, many for registers. */
const TILE_SHARE: readonly number[] = [0, 0.27, 0.52, 0.76, 0.97, 0.95, 0.92];

/** The largest part, up to `most`, that makes the parts of `total` cheapest. */
export function bestPart(total: number, most: number): number {
  const cost = (limit: number): number =>
    splitEvenly(total, limit).reduce((sum, { size, count }) => sum + (size * count) / (TILE_SHARE[size] ?? 0.5), 0);
  return Array.from({ length: most }, (_, i) => most - i).reduce((best, limit) =>
    cost(limit) < cost(best) ? limit : best,
  );
}

/** Runs `body` for each part of `splitEvenly`, with a local that holds the part's start; one body a distinct size. */
export function forParts(
  f: FunctionBuilder,
  total: number,
  limit: number,
  body: (start: Local<"i32">, size: number) => void,
): void {
  const start = f.let(i32.const(0));
  let at = 0;
  for (const { size, count } of splitEvenly(total, limit)) {
    const end = at + size * count;
    if (count === 1) {
      body(start, size);
      f.increment(start, size);
    } else {
      f.doWhile(() => {
        body(start, size);
        f.increment(start, size);
        return i32.ne(start, end);
      });
    }
    at = end;
  }
}

/** The sum of the four lanes, in lane 0: (0 + 2) + (1 + 3). */
export function sumLanes(f: FunctionBuilder, value: Local<"v128">): Value<"v128"> {
  const pairs = f.let(f32x4.add(value, shuffle32(value, value, [2, 3, 2, 3])));
  return f32x4.add(pairs, shuffle32(pairs, pairs, [1, 1, 1, 1]));
}

/** Stores the first `lanes` lanes: a whole vector, or in pieces that touch nothing beyond. */
export function storeLanes(address: Value<"i32">, value: Value<"v128">, lanes: number, offset = 0): Statement[] {
  if (lanes >= 4) return [v128.store(address, value, offset)];
  if (lanes === 1) return [v128.store32Lane(address, value, 0, offset)];
  const pair = v128.store64Lane(address, value, 0, offset);
  return lanes === 2 ? [pair] : [pair, v128.store32Lane(address, value, 2, offset + 8)];
}

/** Stores whole vectors, the last first: an engine that joins stores wants the higher address of a pair before the lower. */
export function storeDown(
  f: FunctionBuilder,
  address: Value<"i32">,
  values: readonly Local<"v128">[],
  place: (k: number) => number,
): void {
  for (let k = values.length - 1; k >= 0; k--) f.do(v128.store(address, values[k]!, place(k)));
}

/** Loads the first `lanes` lanes, zeros beyond; reads nothing past them. */
export function loadLanes(address: Value<"i32">, lanes: number, offset = 0): Value<"v128"> {
  if (lanes >= 4) return v128.load(address, offset);
  if (lanes === 1) return v128.load32Zero(address, offset);
  const pair = v128.load64Zero(address, offset);
  return lanes === 2 ? pair : v128.load32Lane(address, pair, 2, offset + 8);
}
