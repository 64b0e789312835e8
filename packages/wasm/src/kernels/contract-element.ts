/**
 * What matrix products need of their element type: float32 in vectors of four, float64 in vectors of two.
 */

import { f32x4, f64x2, type Statement, shuffle32, type Value, v128 } from "../assembler/index.ts";
import { fused, type MultiplyAdd } from "./kernel.ts";
import { loadLanes, storeLanes } from "./tile.ts";

type Address = Value<"i32">;
type Vector = Value<"v128">;

export interface Element {
  readonly dtype: "float32" | "float64";
  readonly bytes: 4 | 8;
  /** Elements of a vector. */
  readonly lanes: 4 | 2;
  readonly zero: Vector;
  readonly madd: MultiplyAdd;
  add(a: Vector, b: Vector): Vector;
  splat(address: Address, offset: number): Vector;
  /** The first `lanes` elements, zeros beyond; reads nothing past them. */
  load(address: Address, lanes: number, offset: number): Vector;
  /** Lane 0 from memory, zeros beyond. */
  loadFirst(address: Address, offset: number): Vector;
  loadLane(address: Address, vector: Vector, lane: number, offset: number): Vector;
  /** Stores the first `lanes` elements, and nothing beyond. */
  store(address: Address, vector: Vector, lanes: number, offset: number): Statement[];
  /** Rows of a square of vectors as columns; the rows must be named, the columns are used once each. */
  transpose(rows: readonly Vector[], name: (vector: Vector) => Vector): Vector[];
}

function float32(relaxed: boolean): Element {
  return {
    dtype: "float32",
    bytes: 4,
    lanes: 4,
    zero: f32x4.splat(0),
    madd: fused({ relaxed }).madd,
    add: f32x4.add,
    splat: v128.load32Splat,
    load: loadLanes,
    loadFirst: v128.load32Zero,
    loadLane: v128.load32Lane,
    store: storeLanes,
    transpose: ([a, b, c, d], name) => {
      const low = [name(shuffle32(a!, b!, [0, 4, 1, 5])), name(shuffle32(c!, d!, [0, 4, 1, 5]))] as const;
      const high = [name(shuffle32(a!, b!, [2, 6, 3, 7])), name(shuffle32(c!, d!, [2, 6, 3, 7]))] as const;
      return [low, high].flatMap(([x, y]) => [shuffle32(x, y, [0, 1, 4, 5]), shuffle32(x, y, [2, 3, 6, 7])]);
    },
  };
}

function float64(relaxed: boolean): Element {
  return {
    dtype: "float64",
    bytes: 8,
    lanes: 2,
    zero: f64x2.splat(0),
    madd: relaxed ? f64x2.relaxedMadd : (a, b, c) => f64x2.add(c, f64x2.mul(a, b)),
    add: f64x2.add,
    splat: v128.load64Splat,
    load: (address, lanes, offset) => (lanes >= 2 ? v128.load(address, offset) : v128.load64Zero(address, offset)),
    loadFirst: v128.load64Zero,
    loadLane: v128.load64Lane,
    store: (address, vector, lanes, offset) => [
      lanes >= 2 ? v128.store(address, vector, offset) : v128.store64Lane(address, vector, 0, offset),
    ],
    transpose: ([a, b]) => [shuffle32(a!, b!, [0, 1, 4, 5]), shuffle32(a!, b!, [2, 3, 6, 7])],
  };
}

export const elementOf = (dtype: "float32" | "float64", relaxed: boolean): Element =>
  dtype === "float64" ? float64(relaxed) : float32(relaxed);
