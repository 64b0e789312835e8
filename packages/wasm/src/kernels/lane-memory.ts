/**
 * Loads and stores of four lanes with any distance between them: one instruction where elements are neighbours, a splat
 * where they are one element, lane by lane elsewhere. `lanes` below 4 touches no other elements; the lanes beyond are 0
 * (all masks: false) after such a load.
 */

import { byteSize, type DType } from "@prewitt/core";
import { i8x16, i16x8, i32, i32x4, type Statement, v128 } from "../assembler/index.ts";
import type { Emitter, Index, Vector } from "./emitter.ts";
import { type Lanes, lanesOf } from "./lanes.ts";

/** A byte address: a run-time part and a constant, which may be negative. */
export interface Place {
  readonly pointer: Index;
  readonly offset: number;
}

export const place = (pointer: Index, offset = 0): Place => ({ pointer, offset });

/** The address as instructions take it: constants that fit go into the instruction. */
function split({ pointer, offset }: Place): [Index, number] {
  return offset >= 0 ? [pointer, offset] : [i32.add(pointer, offset), 0];
}

const shifted = ({ pointer, offset }: Place, bytes: number): Place => ({ pointer, offset: offset + bytes });

type LaneLoad = (address: Index, vector: Vector, lane: number, offset?: number) => Vector;

/** `first` loads lane 0 and clears the others. */
function loadEach(
  at: Place,
  step: number,
  lanes: number,
  first: (p: Index, o: number) => Vector,
  next: LaneLoad,
): Vector {
  let vector = first(...split(at));
  for (let lane = 1; lane < lanes; lane++) {
    const [pointer, offset] = split(shifted(at, lane * step));
    vector = next(pointer, vector, lane, offset);
  }
  return vector;
}

function load32(at: Place, stride: number, lanes: number): Vector {
  const [pointer, offset] = split(at);
  if (stride === 0) return v128.load32Splat(pointer, offset);
  if (stride === 1 && lanes >= 4) return v128.load(pointer, offset);
  if (stride === 1 && lanes >= 2) {
    const pair = v128.load64Zero(pointer, offset);
    return lanes === 2 ? pair : v128.load32Lane(pointer, pair, 2, offset + 8);
  }
  return loadEach(at, stride * 4, Math.min(lanes, 4), v128.load32Zero, v128.load32Lane);
}

function load64(at: Place, stride: number, lanes: number): Vector {
  const [pointer, offset] = split(at);
  if (lanes <= 0) return v128.const(new Array<number>(16).fill(0));
  if (stride === 0) return v128.load64Splat(pointer, offset);
  if (stride === 1 && lanes >= 2) return v128.load(pointer, offset);
  return loadEach(at, stride * 8, Math.min(lanes, 2), v128.load64Zero, v128.load64Lane);
}

/** Bytes as int32 in 0 … 255. */
function load8(at: Place, stride: number, lanes: number): Vector {
  const [pointer, offset] = split(at);
  if (stride === 0) return i32x4.splat(i32.load8U(pointer, offset));
  if (stride === 1 && lanes >= 4) {
    return i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(v128.load32Zero(pointer, offset)));
  }
  let vector = i32x4.splat(0);
  for (let lane = 0; lane < Math.min(lanes, 4); lane++) {
    const [p, o] = split(shifted(at, lane * stride));
    vector = i32x4.replace(vector, lane, i32.load8U(p, o));
  }
  return vector;
}

/** `stride` counts elements. */
export function readLanes(e: Emitter, dtype: DType, at: Place, stride: number, lanes = 4): Lanes {
  switch (dtype) {
    case "float64": {
      const low = load64(at, stride, lanes);
      if (stride === 0) {
        const both = e.let(low);
        return lanesOf(dtype, both, both);
      }
      return lanesOf(dtype, low, load64(shifted(at, 2 * stride * 8), stride, lanes - 2));
    }
    case "uint8":
      return lanesOf(dtype, load8(at, stride, lanes));
    case "bool":
      return lanesOf(dtype, i32x4.ne(load8(at, stride, lanes), e.i32(0)));
    default:
      return lanesOf(dtype, load32(at, stride, lanes));
  }
}

type LaneStore = (address: Index, vector: Vector, lane: number, offset?: number) => Statement;

function storeEach(at: Place, step: number, lanes: number, vector: Vector, store: LaneStore, from = 0): Statement[] {
  return Array.from({ length: lanes }, (_, lane) => {
    const [pointer, offset] = split(shifted(at, lane * step));
    return store(pointer, vector, from + lane, offset);
  });
}

/** `wide` 32-bit lanes. */
function store32(e: Emitter, at: Place, stride: number, lanes: number, value: Vector): Statement[] {
  const [pointer, offset] = split(at);
  if (stride === 1 && lanes >= 4) return [v128.store(pointer, value, offset)];
  const vector = e.let(value);
  if (stride === 1 && lanes >= 2) {
    const pair = v128.store64Lane(pointer, vector, 0, offset);
    return lanes === 2 ? [pair] : [pair, v128.store32Lane(pointer, vector, 2, offset + 8)];
  }
  return storeEach(at, stride * 4, Math.min(lanes, 4), vector, v128.store32Lane);
}

function store64(e: Emitter, at: Place, stride: number, lanes: number, value: Vector): Statement[] {
  if (lanes <= 0) return [];
  const [pointer, offset] = split(at);
  if (stride === 1 && lanes >= 2) return [v128.store(pointer, value, offset)];
  return storeEach(at, stride * 8, Math.min(lanes, 2), e.let(value), v128.store64Lane);
}

function store8(e: Emitter, at: Place, stride: number, lanes: number, value: Vector): Statement[] {
  const vector = e.let(value);
  if (stride === 1 && lanes >= 4) {
    const [pointer, offset] = split(at);
    const halves = e.let(i16x8.narrowI32x4S(vector, vector));
    return [v128.store32Lane(pointer, i8x16.narrowI16x8U(halves, halves), 0, offset)];
  }
  return Array.from({ length: Math.min(lanes, 4) }, (_, lane) => {
    const [p, o] = split(shifted(at, lane * stride));
    return i32.store8(p, i32x4.extract(vector, lane), o);
  });
}

/** Emits the store of the first `lanes` lanes. */
export function writeLanes(e: Emitter, value: Lanes, at: Place, stride: number, lanes = 4): void {
  const [low, high] = value.parts as [Vector, Vector];
  switch (value.dtype) {
    case "float64":
      // The second first: of two stores that join, the later one stays.
      e.f.do(...store64(e, shifted(at, 2 * stride * byteSize("float64")), stride, lanes - 2, high));
      e.f.do(...store64(e, at, stride, lanes, low));
      return;
    case "uint8":
      e.f.do(...store8(e, at, stride, lanes, low));
      return;
    case "bool":
      e.f.do(...store8(e, at, stride, lanes, v128.and(low, e.i32(1))));
      return;
    default:
      e.f.do(...store32(e, at, stride, lanes, low));
  }
}
