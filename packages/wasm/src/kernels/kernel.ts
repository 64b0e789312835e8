/**
 * What a generated kernel is to the executor: stages run one after another, each a function cut into tasks.
 *
 * Every stage exports `(…pointers, …extents, t0, t1)`: byte offsets into the one memory, run-time extents, and the
 * range of tasks to do. Tasks write disjoint memory and depend on shapes alone, so any thread may take any of them in
 * any order with the same bits; a stage starts when all tasks of the one before have ended. Arguments are bound by
 * name: operands as each kernel lists them, `local` to scratch memory of the calling thread, other names to scratch
 * shared by the stages, `batch` and the like to extents. Pointers of float32 need 4-byte alignment; 64 is fastest.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  type ModuleBuilder,
  type Value,
  type ValueType,
  v128,
} from "../assembler/index.ts";

/** Run-time extents by name: `batch`, and for contractions `m`. */
export type Extents = Readonly<Record<string, number>>;

export interface Parameter {
  readonly name: string;
  readonly type: ValueType;
}

export interface Stage {
  /** Identity of the code, and the name of the exported function: equal keys, equal code. */
  readonly key: string;
  /** All parameters in order, without the task range `t0`, `t1` that follows them. */
  readonly parameters: readonly Parameter[];
  readonly define: (module: ModuleBuilder) => FunctionHandle;
  /** To be compiled with joined vectors. */
  readonly joined?: boolean;
  /** Number of tasks. */
  readonly tasks: (extents: Extents) => number;
}

/** Scratch memory in bytes: buffers shared by all threads, by name, and what each thread needs as `local`. */
export interface Scratch {
  readonly shared: Readonly<Record<string, number>>;
  readonly local: number;
}

export interface Kernel {
  /** The variant that was chosen, for plans and profiles: "winograd fused", "direct 6x8", … */
  readonly variant: string;
  readonly stages: readonly Stage[];
  readonly scratch: (extents: Extents) => Scratch;
  /** Multiply-adds counted as two, as the direct algorithm would do them. */
  readonly flops: (extents: Extents) => number;
}

/** What the engine offers, as far as code depends on it. */
export interface CodeOptions {
  /** Relaxed SIMD: fused multiply-add. */
  readonly relaxed: boolean;
  /**
   * The engine joins two neighbouring vectors into one of 256 bits: register tiles are then twice as wide. Code made so
   * runs out of registers unless it is compiled with joined vectors.
   */
  readonly wide?: boolean;
}

type Vector = Value<"v128">;
export type MultiplyAdd = (a: Vector, b: Vector, c: Vector) => Vector;

export interface Fused {
  /** `a·b + c` */
  readonly madd: MultiplyAdd;
  /** `c − a·b` */
  readonly nmadd: MultiplyAdd;
  /** The number in all lanes. */
  readonly constant: (value: number) => Vector;
}

/** Multiply-add in one rounding where the engine can, in two elsewhere. */
export function fused(options: CodeOptions): Fused {
  const constant = f32x4.splat;
  if (options.relaxed) return { madd: f32x4.relaxedMadd, nmadd: f32x4.relaxedNmadd, constant };
  return {
    madd: (a, b, c) => f32x4.add(c, f32x4.mul(a, b)),
    nmadd: (a, b, c) => f32x4.sub(c, f32x4.mul(a, b)),
    constant,
  };
}

/** Bytes of scratch that `hoisted` takes for each constant. */
export const CONSTANT_BYTES = 16;

/**
 * Arithmetic whose constants are values loaded at this point from `scratch`. Engines make a vector constant anew wherever
 * it is used, in some four instructions; what came from memory they keep in a register.
 */
export function hoisted(
  f: FunctionBuilder,
  ops: Fused,
  scratch: Value<"i32">,
  values: readonly number[],
  wide = false,
): Fused {
  // What is loaded into all lanes costs nothing to widen.
  const load = wide ? v128.load32Splat : v128.load;
  const known = new Map(
    values.map((value, i) => {
      f.do(v128.store(scratch, f32x4.splat(value), i * CONSTANT_BYTES));
      return [value, f.let(load(scratch, i * CONSTANT_BYTES))];
    }),
  );
  return { ...ops, constant: (value) => known.get(value) ?? f32x4.splat(value) };
}

export const pointers = (...names: string[]): Parameter[] => names.map((name) => ({ name, type: "i32" }));

/** The parameters of a stage as the assembler takes them, task range included. */
export function signature(parameters: readonly Parameter[]): Record<string, ValueType> {
  const entries = parameters.map(({ name, type }): [string, ValueType] => [name, type]);
  if (new Set(entries.map(([name]) => name)).size !== entries.length) {
    throw new Error(`parameter names repeat: ${parameters.map(({ name }) => name).join(" ")}`);
  }
  return Object.fromEntries([...entries, ["t0", "i32"], ["t1", "i32"]]);
}

/** Bytes rounded up to whole cache lines. */
export const alignLine = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/**
 * A pitch for parallel planes of `bytes`: an odd number of cache lines, so that equal positions of consecutive planes
 * fall into different cache sets.
 */
export function planePitch(bytes: number): number {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines % 2 === 0 ? lines + 1 : lines);
}
