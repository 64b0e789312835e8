/**
 * SIMD instructions on 128-bit vectors, grouped by lane shape as the specification names them, and relaxed SIMD
 * (`relaxedMadd` and friends), which an engine may lack: see `features.ts`.
 * https://github.com/WebAssembly/simd/blob/main/proposals/simd/BinarySIMD.md
 * https://github.com/WebAssembly/relaxed-simd/blob/main/proposals/relaxed-simd/Overview.md
 */

import { float32Bytes, float64Bytes, unsignedLeb } from "./bytes.ts";
import { load, memoryArgument, store } from "./memory.ts";
import {
  binary,
  f32Const,
  f64Const,
  type Operand,
  operand,
  type Statement,
  ternary,
  unary,
  Value,
  type ValueType,
} from "./value.ts";

type Vector = Value<"v128">;

const simd = (code: number): number[] => [0xfd, ...unsignedLeb(code)];
const one = (code: number) => unary("v128", "v128", simd(code));
const two = (code: number) => binary("v128", "v128", "v128", simd(code));
const three = (code: number) => ternary("v128", "v128", simd(code));
const shift = (code: number) => binary("v128", "i32", "v128", simd(code));
const test = (code: number) => unary("v128", "i32", simd(code));

function checkLane(lane: number, lanes: number): number {
  if (!Number.isInteger(lane) || lane < 0 || lane >= lanes) throw new RangeError(`lane ${lane} of ${lanes}`);
  return lane;
}

const extract =
  <T extends ValueType>(type: T, code: number, lanes: number) =>
  (vector: Vector, lane: number): Value<T> =>
    new Value(type, [vector], [...simd(code), checkLane(lane, lanes)]);

const replace =
  <T extends ValueType>(type: T, code: number, lanes: number) =>
  (vector: Vector, lane: number, value: Operand<T>): Vector =>
    new Value("v128", [vector, operand(type, value)], [...simd(code), checkLane(lane, lanes)]);

const loadLane =
  (code: number, alignment: number, lanes: number) =>
  (address: Operand<"i32">, vector: Vector, lane: number, offset = 0): Vector =>
    new Value(
      "v128",
      [operand("i32", address), vector],
      [...simd(code), ...memoryArgument(alignment, offset), checkLane(lane, lanes)],
    );

const storeLane =
  (code: number, alignment: number, lanes: number) =>
  (address: Operand<"i32">, vector: Vector, lane: number, offset = 0): Statement =>
    new Value(
      "void",
      [operand("i32", address), vector],
      [...simd(code), ...memoryArgument(alignment, offset), checkLane(lane, lanes)],
    );

const constant = (bytes: readonly number[]): Vector => {
  if (bytes.length !== 16) throw new RangeError(`a vector constant has 16 bytes, got ${bytes.length}`);
  return new Value("v128", [], [...simd(12), ...bytes]);
};

/** Integer comparisons lie in one run of ten opcodes. */
const comparisons = (base: number) => ({
  eq: two(base),
  ne: two(base + 1),
  ltS: two(base + 2),
  ltU: two(base + 3),
  gtS: two(base + 4),
  gtU: two(base + 5),
  leS: two(base + 6),
  leU: two(base + 7),
  geS: two(base + 8),
  geU: two(base + 9),
});

const floats = (compare: number, base: number) => ({
  eq: two(compare),
  ne: two(compare + 1),
  lt: two(compare + 2),
  gt: two(compare + 3),
  le: two(compare + 4),
  ge: two(compare + 5),
  abs: one(base),
  neg: one(base + 1),
  sqrt: one(base + 3),
  add: two(base + 4),
  sub: two(base + 5),
  mul: two(base + 6),
  div: two(base + 7),
  /** IEEE minimum and maximum: NaN if either is NaN. */
  min: two(base + 8),
  max: two(base + 9),
  /** `b < a ? b : a` and `a < b ? b : a`: one instruction on x86, NaN and zero handled as that comparison says. */
  pmin: two(base + 10),
  pmax: two(base + 11),
});

export const v128 = {
  const: constant,
  load: load("v128", simd(0), 4),
  store: store("v128", simd(11), 4),
  load8x8S: load("v128", simd(1), 3),
  load8x8U: load("v128", simd(2), 3),
  load16x4S: load("v128", simd(3), 3),
  load16x4U: load("v128", simd(4), 3),
  load32x2S: load("v128", simd(5), 3),
  load32x2U: load("v128", simd(6), 3),
  load8Splat: load("v128", simd(7), 0),
  load16Splat: load("v128", simd(8), 1),
  load32Splat: load("v128", simd(9), 2),
  load64Splat: load("v128", simd(10), 3),
  load32Zero: load("v128", simd(92), 2),
  load64Zero: load("v128", simd(93), 3),
  load8Lane: loadLane(84, 0, 16),
  load16Lane: loadLane(85, 1, 8),
  load32Lane: loadLane(86, 2, 4),
  load64Lane: loadLane(87, 3, 2),
  store8Lane: storeLane(88, 0, 16),
  store16Lane: storeLane(89, 1, 8),
  store32Lane: storeLane(90, 2, 4),
  store64Lane: storeLane(91, 3, 2),
  not: one(77),
  and: two(78),
  or: two(80),
  xor: two(81),
  /** `a & ~b` */
  andnot: two(79),
  /** Bits of `a` where the mask (third) has ones, of `b` elsewhere. */
  bitselect: three(82),
  anyTrue: test(83),
} as const;

export const i8x16 = {
  ...comparisons(35),
  /** Lanes 0–15 pick bytes of `a`, 16–31 bytes of `b`. */
  shuffle: (a: Vector, b: Vector, lanes: readonly number[]): Vector => {
    if (lanes.length !== 16) throw new RangeError(`shuffle takes 16 lanes, got ${lanes.length}`);
    return new Value("v128", [a, b], [...simd(13), ...lanes.map((lane) => checkLane(lane, 32))]);
  },
  swizzle: two(14),
  relaxedSwizzle: two(0x100),
  splat: unary("i32", "v128", simd(15)),
  extractS: extract("i32", 21, 16),
  extractU: extract("i32", 22, 16),
  replace: replace("i32", 23, 16),
  abs: one(96),
  neg: one(97),
  popcnt: one(98),
  allTrue: test(99),
  bitmask: test(100),
  narrowI16x8S: two(101),
  narrowI16x8U: two(102),
  shl: shift(107),
  shrS: shift(108),
  shrU: shift(109),
  add: two(110),
  addSatS: two(111),
  addSatU: two(112),
  sub: two(113),
  subSatS: two(114),
  subSatU: two(115),
  minS: two(118),
  minU: two(119),
  maxS: two(120),
  maxU: two(121),
  avgrU: two(123),
} as const;

export const i16x8 = {
  ...comparisons(45),
  splat: unary("i32", "v128", simd(16)),
  extractS: extract("i32", 24, 8),
  extractU: extract("i32", 25, 8),
  replace: replace("i32", 26, 8),
  extaddPairwiseI8x16S: one(124),
  extaddPairwiseI8x16U: one(125),
  abs: one(128),
  neg: one(129),
  allTrue: test(131),
  bitmask: test(132),
  narrowI32x4S: two(133),
  narrowI32x4U: two(134),
  extendLowI8x16S: one(135),
  extendHighI8x16S: one(136),
  extendLowI8x16U: one(137),
  extendHighI8x16U: one(138),
  shl: shift(139),
  shrS: shift(140),
  shrU: shift(141),
  add: two(142),
  sub: two(145),
  mul: two(149),
  minS: two(150),
  minU: two(151),
  maxS: two(152),
  maxU: two(153),
  extmulLowI8x16S: two(156),
  extmulHighI8x16S: two(157),
  extmulLowI8x16U: two(158),
  extmulHighI8x16U: two(159),
} as const;

export const i32x4 = {
  ...comparisons(55),
  const: (lanes: readonly [number, number, number, number]): Vector =>
    constant([...new Uint8Array(Int32Array.from(lanes).buffer)]),
  splat: unary("i32", "v128", simd(17)),
  extract: extract("i32", 27, 4),
  replace: replace("i32", 28, 4),
  extaddPairwiseI16x8S: one(126),
  extaddPairwiseI16x8U: one(127),
  abs: one(160),
  neg: one(161),
  allTrue: test(163),
  bitmask: test(164),
  extendLowI16x8S: one(167),
  extendHighI16x8S: one(168),
  extendLowI16x8U: one(169),
  extendHighI16x8U: one(170),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: two(174),
  sub: two(177),
  mul: two(181),
  minS: two(182),
  minU: two(183),
  maxS: two(184),
  maxU: two(185),
  dotI16x8S: two(186),
  extmulLowI16x8S: two(188),
  extmulHighI16x8S: two(189),
  extmulLowI16x8U: two(190),
  extmulHighI16x8U: two(191),
  truncSatF32x4S: one(248),
  truncSatF32x4U: one(249),
  truncSatF64x2SZero: one(252),
  truncSatF64x2UZero: one(253),
  relaxedTruncF32x4S: one(0x101),
  relaxedTruncF32x4U: one(0x102),
  relaxedLaneselect: three(0x10b),
} as const;

export const i64x2 = {
  splat: unary("i64", "v128", simd(18)),
  extract: extract("i64", 29, 2),
  replace: replace("i64", 30, 2),
  abs: one(192),
  neg: one(193),
  allTrue: test(195),
  bitmask: test(196),
  extendLowI32x4S: one(199),
  extendHighI32x4S: one(200),
  extendLowI32x4U: one(201),
  extendHighI32x4U: one(202),
  shl: shift(203),
  shrS: shift(204),
  shrU: shift(205),
  add: two(206),
  sub: two(209),
  mul: two(213),
  eq: two(214),
  ne: two(215),
  ltS: two(216),
  gtS: two(217),
  leS: two(218),
  geS: two(219),
  extmulLowI32x4S: two(220),
  extmulHighI32x4S: two(221),
  extmulLowI32x4U: two(222),
  extmulHighI32x4U: two(223),
} as const;

export const f32x4 = {
  ...floats(65, 224),
  const: (lanes: readonly [number, number, number, number]): Vector => constant(lanes.flatMap(float32Bytes)),
  /** The same number or f32 value in all lanes; a plain number becomes a vector constant. */
  splat: (value: Operand<"f32">): Vector =>
    value instanceof Value
      ? new Value("v128", [value], simd(19))
      : constant([0, 1, 2, 3].flatMap(() => float32Bytes(f32Const(value).constant as number))),
  extract: extract("f32", 31, 4),
  replace: replace("f32", 32, 4),
  ceil: one(103),
  floor: one(104),
  trunc: one(105),
  nearest: one(106),
  demoteF64x2Zero: one(94),
  convertI32x4S: one(250),
  convertI32x4U: one(251),
  /** `a·b + c`, rounded once where the processor fuses, twice elsewhere. */
  relaxedMadd: three(0x105),
  /** `c − a·b`, likewise. */
  relaxedNmadd: three(0x106),
  relaxedMin: two(0x10d),
  relaxedMax: two(0x10e),
} as const;

export const f64x2 = {
  ...floats(71, 236),
  const: (lanes: readonly [number, number]): Vector => constant(lanes.flatMap(float64Bytes)),
  splat: (value: Operand<"f64">): Vector =>
    value instanceof Value
      ? new Value("v128", [value], simd(20))
      : constant([0, 1].flatMap(() => float64Bytes(f64Const(value).constant as number))),
  extract: extract("f64", 33, 2),
  replace: replace("f64", 34, 2),
  ceil: one(116),
  floor: one(117),
  trunc: one(122),
  nearest: one(148),
  promoteLowF32x4: one(95),
  convertLowI32x4S: one(254),
  convertLowI32x4U: one(255),
  relaxedMadd: three(0x107),
  relaxedNmadd: three(0x108),
  relaxedMin: two(0x10f),
  relaxedMax: two(0x110),
} as const;

/** A shuffle of 32-bit lanes: 0–3 pick lanes of `a`, 4–7 lanes of `b`. */
export function shuffle32(a: Vector, b: Vector, lanes: readonly [number, number, number, number]): Vector {
  return i8x16.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => checkLane(lane, 8) * 4 + byte)),
  );
}
