/**
 * Generated merge sort, bottom up and stable, of items that begin with a signed 64-bit key: either the key alone, or the
 * key and 8 bytes that travel with it. Runs of 16 are sorted by insertion, then merged without branches on the keys,
 * back and forth between two buffers.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
  select,
} from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { smaller } from "./shaped.ts";

export type ItemBytes = 8 | 16;

const RUN = 16;

/**
 * Defines the sort: `(items, spare, count)` sorts `count` items, with as much spare memory behind `spare`, and returns
 * the address of the sorted ones, which is one of the two.
 */
export function defineMergeSort(module: ModuleBuilder, bytes: ItemBytes): FunctionHandle<"i32"> {
  return module.function(
    {
      name: `merge sort ${bytes}`,
      parameters: { items: "i32", spare: "i32", count: "i32" },
      result: "i32",
      export: false,
    },
    (f, { items, spare, count }) => {
      const e = new Emitter(module, f as unknown as FunctionBuilder);
      const end = e.let(i32.add(items, i32.mul(count, bytes)));
      const run = e.variable(items);
      f.while(
        () => i32.ltU(run, end),
        () => {
          e.scope(() => insertionSort(e, bytes, run, smaller(e, i32.add(run, RUN * bytes), end)));
          f.increment(run, RUN * bytes);
        },
      );
      const length = e.variable(i32.mul(count, bytes));
      const width = e.variable(i32.const(RUN * bytes));
      f.while(
        () => i32.ltU(width, length),
        () => {
          e.scope(() => mergeAll(e, bytes, items, spare, length, width));
          e.scope(() => {
            const other = e.variable(items);
            f.set(items, spare);
            f.set(spare, other);
          });
          f.set(width, i32.shl(width, 1));
        },
      );
      return items;
    },
  );
}

function copyItem(e: Emitter, bytes: ItemBytes, to: Index, from: Index): void {
  const { f } = e;
  f.do(i64.store(to, i64.load(from)));
  if (bytes === 16) f.do(i64.store(to, i64.load(from, 8), 8));
}

function insertionSort(e: Emitter, bytes: ItemBytes, start: Index, end: Index): void {
  const { f } = e;
  const next = e.variable(i32.add(start, bytes));
  f.while(
    () => i32.ltU(next, end),
    () => {
      e.scope(() => {
        const key = e.variable(i64.load(next));
        const rest = bytes === 16 ? e.variable(i64.load(next, 8)) : undefined;
        const at = e.variable(next);
        f.block((placed) => {
          f.loop((again) => {
            f.branchIf(placed, i32.leU(at, start));
            f.branchIf(placed, i64.leS(i64.load(i32.sub(at, bytes)), key));
            copyItem(e, bytes, at, i32.sub(at, bytes));
            f.increment(at, -bytes);
            f.branch(again);
          });
        });
        f.do(i64.store(at, key));
        if (rest !== undefined) f.do(i64.store(at, rest, 8));
      });
      f.increment(next, bytes);
    },
  );
}

/** Merges all pairs of runs of `width` bytes. */
function mergeAll(e: Emitter, bytes: ItemBytes, from: Index, to: Index, length: Index, width: Index): void {
  const { f } = e;
  const at = e.variable(i32.const(0));
  f.while(
    () => i32.ltU(at, length),
    () => {
      e.scope(() => {
        const middle = smaller(e, i32.add(at, width), length);
        const end = smaller(e, i32.add(middle, width), length);
        const left = e.variable(i32.add(from, at));
        const right = e.variable(i32.add(from, middle));
        const target = e.variable(i32.add(to, at));
        merge(e, bytes, left, e.variable(right), right, e.let(i32.add(from, end)), target);
        f.set(at, end);
      });
    },
  );
}

function merge(
  e: Emitter,
  bytes: ItemBytes,
  left: Local<"i32">,
  leftEnd: Index,
  right: Local<"i32">,
  rightEnd: Index,
  target: Local<"i32">,
): void {
  const { f } = e;
  f.while(
    () => i32.and(i32.ltU(left, leftEnd), i32.ltU(right, rightEnd)),
    () => {
      e.scope(() => {
        const [a, b] = [e.variable(i64.load(left)), e.variable(i64.load(right))];
        // Equal keys: the left one first, so the sort is stable.
        const takeLeft = e.variable(i64.leS(a, b));
        f.do(i64.store(target, select(a, b, takeLeft, "i64")));
        if (bytes === 16) f.do(i64.store(target, i64.load(select(left, right, takeLeft, "i32"), 8), 8));
        const step = e.variable(i32.mul(takeLeft, bytes));
        f.increment(left, step);
        f.increment(right, i32.sub(i32.const(bytes), step));
      });
      f.increment(target, bytes);
    },
  );
  const rest = e.variable(i32.sub(leftEnd, left));
  f.do(memory.copy(target, left, rest));
  f.do(memory.copy(i32.add(target, rest), right, i32.sub(rightEnd, right)));
}
