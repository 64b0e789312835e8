/**
 * Generated code that copies or fills one row: `count` elements of 1, 4 or 8 bytes at constant distances. Rows without
 * gaps go through vectors, long ones through `memory.copy`; others element by element, four a step.
 */

import { i32, i64, type Local, memory, type Statement, v128 } from "../assembler/index.ts";
import type { Emitter, Index, Vector } from "./emitter.ts";

export type ElementBytes = 1 | 4 | 8;

/** Elements in memory, `stride` elements apart, or one pattern that repeats every 16 bytes. */
export type Source =
  | { readonly pointer: Index; readonly stride: number }
  | {
      readonly pattern: Vector /** The byte that all of it consists of, if it does. */;
      readonly byte?: number | undefined;
    };

export interface Row {
  readonly to: Index;
  /** In elements. */
  readonly stride: number;
  readonly bytes: ElementBytes;
  readonly count: number | Local<"i32">;
}

/** From here on calling the engine's copy is faster than straight vector code. */
const LONG_RUN = 512;

type At = readonly [Index, number];

/** The address as instructions take it, which allow no negative offsets. */
const at = (pointer: Index, offset: number): At => (offset >= 0 ? [pointer, offset] : [i32.add(pointer, offset), 0]);

function copyElement(bytes: ElementBytes, to: At, from: At): Statement {
  if (bytes === 1) return i32.store8(to[0], i32.load8U(...from), to[1]);
  if (bytes === 4) return i32.store(to[0], i32.load(...from), to[1]);
  return i64.store(to[0], i64.load(...from), to[1]);
}

function storeElement(bytes: ElementBytes, to: At, pattern: Vector): Statement {
  if (bytes === 1) return v128.store8Lane(to[0], pattern, 0, to[1]);
  if (bytes === 4) return v128.store32Lane(to[0], pattern, 0, to[1]);
  return v128.store64Lane(to[0], pattern, 0, to[1]);
}

/** Copies the row from its source; the two do not overlap. */
export function emitRow(e: Emitter, row: Row, source: Source): void {
  if ("pattern" in source) fillRow(e, row, source.pattern, source.byte);
  else if (source.stride === 0 && row.stride === 1) fillRow(e, row, splat(e, row.bytes, source.pointer));
  else if (source.stride === 1 && row.stride === 1) copyRun(e, row, source.pointer);
  else {
    const { bytes } = row;
    eachElement(e, row, [source.pointer], [source.stride], ([to, from], k) =>
      copyElement(bytes, at(to!, k * row.stride * bytes), at(from!, k * source.stride * bytes)),
    );
  }
}

function splat(e: Emitter, bytes: ElementBytes, pointer: Index): Vector {
  const load = { 1: v128.load8Splat, 4: v128.load32Splat, 8: v128.load64Splat }[bytes];
  return e.let(load(pointer));
}

/**
 * Visits the elements: `body` gets pointers that it may reach up to three elements behind, and which of them to do.
 */
function eachElement(
  e: Emitter,
  { to, stride, bytes, count }: Row,
  others: readonly Index[],
  strides: readonly number[],
  body: (pointers: readonly Index[], k: number) => Statement,
): void {
  const { f } = e;
  const run = (pointers: readonly Index[], n: number): void => {
    for (let k = 0; k < n; k++) f.do(body(pointers, k));
  };
  if (typeof count === "number" && count <= 16) {
    run([to, ...others], count);
    return;
  }
  e.scope(() => {
    const pointers = [to, ...others].map((pointer) => e.variable(pointer));
    const steps = [stride, ...strides];
    const visit = (n: number): void => {
      run(pointers, n);
      pointers.forEach((pointer, p) => {
        f.increment(pointer, n * steps[p]! * bytes);
      });
    };
    if (typeof count === "number") {
      f.repeat(count >> 2, () => visit(4));
      if (count % 4 > 0) run(pointers, count % 4);
      return;
    }
    const left = e.variable(count);
    for (const n of [4, 1]) {
      f.while(
        () => i32.geS(left, n),
        () => {
          visit(n);
          f.increment(left, -n);
        },
      );
    }
  });
}

/** Parts of a run below 16 bytes. */
function partsOf(length: number): { size: 8 | 4 | 2 | 1; offset: number }[] {
  const parts: { size: 8 | 4 | 2 | 1; offset: number }[] = [];
  let offset = 0;
  for (const size of [8, 4, 2, 1] as const) {
    if ((length & size) === 0) continue;
    parts.push({ size, offset });
    offset += size;
  }
  return parts;
}

/** Offsets of the vectors of a run of 16 bytes or more: the last one overlaps where the length is no multiple of 16. */
function vectorsOf(length: number): number[] {
  const offsets = Array.from({ length: Math.floor(length / 16) }, (_, i) => i * 16);
  if (length % 16 !== 0) offsets.push(length - 16);
  return offsets;
}

function copyRun(e: Emitter, { to, bytes, count }: Row, from: Index): void {
  const { f } = e;
  if (typeof count !== "number") {
    f.do(memory.copy(to, from, i32.mul(count, bytes)));
    return;
  }
  const length = count * bytes;
  if (length >= LONG_RUN) f.do(memory.copy(to, from, length));
  else if (length >= 16) f.do(...vectorsOf(length).map((o) => v128.store(to, v128.load(from, o), o)));
  else {
    const copies = {
      8: (o: number) => i64.store(to, i64.load(from, o), o),
      4: (o: number) => i32.store(to, i32.load(from, o), o),
      2: (o: number) => i32.store16(to, i32.load16U(from, o), o),
      1: (o: number) => i32.store8(to, i32.load8U(from, o), o),
    };
    f.do(...partsOf(length).map(({ size, offset }) => copies[size](offset)));
  }
}

function fillRow(e: Emitter, row: Row, pattern: Vector, byte?: number): void {
  const { to, stride, bytes, count } = row;
  const { f } = e;
  if (stride !== 1) {
    eachElement(e, row, [], [], ([pointer], k) => storeElement(bytes, at(pointer!, k * stride * bytes), pattern));
    return;
  }
  if (typeof count !== "number") {
    if (byte !== undefined) f.do(memory.fill(to, byte, i32.mul(count, bytes)));
    else fillCounted(e, row, pattern, count);
    return;
  }
  const length = count * bytes;
  if (length >= LONG_RUN && byte !== undefined) f.do(memory.fill(to, byte, length));
  else if (length > 256) fillCounted(e, row, pattern, e.variable(i32.const(count)));
  else if (length >= 16) f.do(...vectorsOf(length).map((o) => v128.store(to, pattern, o)));
  else {
    const stores = { 8: v128.store64Lane, 4: v128.store32Lane, 2: v128.store16Lane, 1: v128.store8Lane };
    f.do(...partsOf(length).map(({ size, offset }) => stores[size](to, pattern, offset / size, offset)));
  }
}

function fillCounted(e: Emitter, { to, bytes }: Row, pattern: Vector, count: Local<"i32">): void {
  const { f } = e;
  e.scope(() => {
    const pointer = e.variable(to);
    const left = e.variable(count);
    for (const size of [64, 16, bytes]) {
      f.while(
        () => i32.geS(left, size / bytes),
        () => {
          if (size === bytes) f.do(storeElement(bytes, [pointer, 0], pattern));
          else for (let o = 0; o < size; o += 16) f.do(v128.store(pointer, pattern, o));
          f.increment(pointer, size);
          f.increment(left, -size / bytes);
        },
      );
    }
  });
}
