/**
 * `random`: word i of the write is word i mod 2 of Threefry-2x32-20 at counter (⌊i / 2⌋, 0), the bits of core's
 * generator. Four counters at a time give eight words; any size runs the same code.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * Parameters: `read0` (the key), `write0`, and the extent `size` (words). A write with gaps or another order is filled
 * from contiguous scratch `bits`; extents `copyOuter`, `copyStart`.
 */

import { isContiguous, type RandomKernel, sizeOf } from "@prewitt/core";
import {
  type FunctionHandle,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  shuffle32,
  v128,
} from "../assembler/index.ts";
import { Emitter, type Index, type Vector } from "./emitter.ts";
import { type CodeOptions, type Stage, signature } from "./kernel.ts";
import { movePlan, moveStage } from "./move.ts";
import { rowMajor } from "./nest.ts";
import {
  type Arguments,
  argument,
  ceilDiv,
  type DTypes,
  readName,
  type ShapedKernel,
  smaller,
  writeName,
} from "./shaped.ts";

/** Groups of eight words in a task. */
const TASK_GROUPS = 1024;
const PARITY = 0x1bd11bda;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

export interface RandomVariant {
  /** Groups of eight words in a task. */
  readonly groups?: number | undefined;
}

export function randomKernel(
  kernel: RandomKernel,
  _dtypes: DTypes,
  _options: CodeOptions,
  { groups = TASK_GROUPS }: RandomVariant = {},
): ShapedKernel {
  const write = kernel.writes[0]!;
  const size = sizeOf(write.shape);
  const direct = isContiguous(write);
  const target = direct ? writeName(0) : "bits";
  const stages = [bitsStage(kernel.reads[0]!.strides[0] ?? 0, target, groups)];
  const extents: Record<string, number> = { size };
  const shared: Record<string, number> = direct ? {} : { bits: 4 * size };
  if (!direct && size > 0) {
    const plan = movePlan({ shape: write.shape, to: write.strides, from: rowMajor(write.shape), bytes: 4 });
    stages.push(moveStage(plan, { to: writeName(0), from: target, outer: "copyOuter", start: "copyStart" }));
    Object.assign(extents, { copyOuter: plan.rows.outer[0]!.extent, copyStart: 0 });
  }
  return {
    variant: direct ? "random" : "random, copied",
    stages,
    scratch: () => ({ shared, local: 0 }),
    flops: () => 0,
    extents,
  };
}

function bitsStage(keyStride: number, target: string, groups: number): Stage {
  const parameters = [readName(0), target, "size"].map(argument);
  const key = `random ${keyStride} ${groups}`;
  return {
    key,
    parameters,
    tasks: ({ size }) => ceilDiv(size!, 8 * groups),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const e = new Emitter(module, f);
        const at = p[readName(0)]!;
        const keys = [i32.load(at), i32.load(i32.add(at, keyStride * 4))].map((k) => e.let(i32x4.splat(k)));
        const third = e.let(v128.xor(e.i32(PARITY), v128.xor(keys[0]!, keys[1]!)));
        emitBits(e, [...keys, third] as [Vector, Vector, Vector], groups, p, p[target]!);
      }),
  };
}

function emitBits(
  e: Emitter,
  keys: readonly [Vector, Vector, Vector],
  groups: number,
  p: Arguments,
  target: Index,
): void {
  const { f } = e;
  const size = p.size!;
  const first = e.variable(i32.mul(p.t0!, groups));
  const to = e.variable(i32.add(target, i32.shl(first, 5)));
  const end = smaller(e, i32.mul(p.t1!, 8 * groups), size);
  const left = e.variable(i32.sub(end, i32.shl(first, 3)));
  const counter = e.variable(i32x4.add(i32x4.splat(i32.shl(first, 2)), e.i32Lanes([0, 1, 2, 3])));
  const words = (groups: number): Local<"v128">[] =>
    threefry(e, keys, counter, groups).flatMap(([x, y]) => [
      e.variable(shuffle32(x, y, [0, 4, 1, 5])),
      e.variable(shuffle32(x, y, [2, 6, 3, 7])),
    ]);
  // Two groups at a time: the rounds of one are a chain, those of two overlap.
  for (const groups of [2, 1]) {
    f.while(
      () => i32.geS(left, 8 * groups),
      () => {
        e.scope(() => f.do(...words(groups).map((vector, i) => v128.store(to, vector, 16 * i))));
        f.increment(to, 32 * groups);
        f.increment(left, -8 * groups);
        f.set(counter, i32x4.add(counter, e.i32(4 * groups)));
      },
    );
  }
  f.if(i32.gtS(left, 0), () => {
    const [low, high] = words(1) as [Local<"v128">, Local<"v128">];
    f.if(i32.and(left, 4), () => {
      f.do(v128.store(to, low));
      f.increment(to, 16);
      f.set(low, high);
    });
    f.if(i32.and(left, 2), () => {
      f.do(v128.store64Lane(to, low, 0));
      f.increment(to, 8);
      f.set(low, shuffle32(low, low, [2, 3, 2, 3]));
    });
    f.if(i32.and(left, 1), () => f.do(v128.store32Lane(to, low, 0)));
  });
}

/** Both words at four counters (c, 0) a group: five times four rounds, each four followed by an addition of the key. */
function threefry(
  e: Emitter,
  keys: readonly [Vector, Vector, Vector],
  counter: Vector,
  groups: number,
): [Local<"v128">, Local<"v128">][] {
  const { f } = e;
  const blocks = Array.from({ length: groups }, (_, g): [Local<"v128">, Local<"v128">] => {
    const x = e.variable(i32x4.add(counter, keys[0]));
    if (g > 0) f.set(x, i32x4.add(x, e.i32(4 * g)));
    return [x, e.variable(keys[1])];
  });
  for (let round = 0; round < 20; round++) {
    const n = (round + 1) / 4;
    for (const [x, y] of blocks) {
      f.set(x, i32x4.add(x, y));
      f.set(y, v128.xor(rotate(y, rotations[round % 8]!), x));
      if (round % 4 !== 3) continue;
      f.set(x, i32x4.add(x, keys[n % 3]!));
      f.set(y, i32x4.add(i32x4.add(y, keys[(n + 1) % 3]!), e.i32(n)));
    }
  }
  return blocks;
}

/** Rotation to the left; by whole bytes it is a shuffle. */
function rotate(vector: Vector, bits: number): Vector {
  if (bits % 8 !== 0) return v128.or(i32x4.shl(vector, bits), i32x4.shrU(vector, 32 - bits));
  const lanes = Array.from({ length: 16 }, (_, i) => (i & ~3) | ((i + 4 - bits / 8) & 3));
  return i8x16.shuffle(vector, vector, lanes);
}
