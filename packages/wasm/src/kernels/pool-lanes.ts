/** How pools compute: four channels of float32 at a time, or one element of float32 or float64. */

import { type FunctionBuilder, f32, f32x4, f64, i32, i32x4, type Local, select, type Value, type ValueType, v128 } from "../assembler/index.ts";

type Address = Value<"i32">;
// The forms differ in their value types; inside one form they agree.
type Any = Value<ValueType>;

export interface PoolLanes {
  /** Channels computed together. */
  readonly lanes: 1 | 4;
  readonly value: ValueType;
  readonly index: ValueType;
  load(address: Address, offset?: number): Any;
  store(f: FunctionBuilder, address: Address, value: Any): void;
  loadIndex(address: Address): Any;
  storeIndex(f: FunctionBuilder, address: Address, value: Any): void;
  constant(value: number): Any;
  /** An index, in every lane. */
  position(index: Address): Any;
  add(a: Any, b: Any): Any;
  /** a divided by a whole number. */
  divide(a: Any, count: Address): Any;
  /** Whether `a` is a new maximum: greater, or the first NaN. */
  beats(a: Local, best: Local): Any;
  same(a: Any, b: Any): Any;
  choose(mask: Any, a: Any, b: Any): Any;
}

const v = (x: Any): Value<"v128"> => x as Value<"v128">;
const n = (x: Any): Value<"i32"> => x as Value<"i32">;

export const vectorLanes: PoolLanes = {
  lanes: 4,
  value: "v128",
  index: "v128",
  load: (address, offset) => v128.load(address, offset),
  store: (f, address, value) => f.do(v128.store(address, v(value))),
  loadIndex: (address) => v128.load(address),
  storeIndex: (f, address, value) => f.do(v128.store(address, v(value))),
  constant: (value) => f32x4.splat(value),
  position: (index) => i32x4.splat(index),
  add: (a, b) => f32x4.add(v(a), v(b)),
  divide: (a, count) => f32x4.div(v(a), f32x4.splat(f32.convertI32S(count))),
  beats: (a, best) => v128.andnot(f32x4.eq(v(best), v(best)), f32x4.le(v(a), v(best))),
  same: (a, b) => i32x4.eq(v(a), v(b)),
  choose: (mask, a, b) => v128.bitselect(v(a), v(b), v(mask)),
};

function scalarLanes(wide: boolean): PoolLanes {
  const d = (x: Any): Value<"f64"> => x as Value<"f64">;
  const s = (x: Any): Value<"f32"> => x as Value<"f32">;
  return {
    lanes: 1,
    value: wide ? "f64" : "f32",
    index: "i32",
    load: (address, offset) => (wide ? f64.load(address, offset) : f32.load(address, offset)),
    store: (f, address, value) => f.do(wide ? f64.store(address, d(value)) : f32.store(address, s(value))),
    loadIndex: (address) => i32.load(address),
    storeIndex: (f, address, value) => f.do(i32.store(address, n(value))),
    constant: (value) => (wide ? f64.const(value) : f32.const(value)),
    position: (index) => index,
    add: (a, b) => (wide ? f64.add(d(a), d(b)) : f32.add(s(a), s(b))),
    divide: (a, count) => (wide ? f64.div(d(a), f64.convertI32S(count)) : f32.div(s(a), f32.convertI32S(count))),
    beats: (a, best) =>
      wide
        ? i32.and(f64.eq(d(best), d(best)), i32.eqz(f64.le(d(a), d(best))))
        : i32.and(f32.eq(s(best), s(best)), i32.eqz(f32.le(s(a), s(best)))),
    same: (a, b) => i32.eq(n(a), n(b)),
    choose: (mask, a, b) => select(a, b, n(mask)),
  };
}

export const singleLanes: PoolLanes = scalarLanes(false);
export const doubleLanes: PoolLanes = scalarLanes(true);
