/**
 * Joined vectors: every instruction that V8 joins gives the bits of its two halves, whatever else reads its operands, so
 * that kernels may use it; modules compiled later are compiled as ever; hot programs use them, with the same bits.
 */

import { compile, type Tensor, tensor, useExecutor } from "@prewitt/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { f32x4, f64x2, i32x4, i64x2, type Local, ModuleBuilder, type Value, v128 } from "../src/assembler/index.ts";
import { type CompileJoined, joiningCompiler } from "../src/executor/wide-vectors.ts";
import { Profile, wasmExecutor } from "../src/index.ts";

type Vector = Value<"v128">;
type Operands = readonly [Local<"v128">, Local<"v128">, Local<"v128">];
type Instruction = (...operands: Operands) => Vector;

const join = joiningCompiler();

afterEach(() => vi.unstubAllEnvs());

/** V8 13.6 computes it wrongly: kernels turn the sign bit instead (`neg` in lane-arithmetic.ts). */
const AVOIDED = new Set(["f64x2.neg"]);

const groups: readonly (readonly [string, object, readonly string[]])[] = [
  ["v128", v128, ["not", "and", "or", "xor", "andnot", "bitselect"]],
  ["i32x4", i32x4, ["abs", "neg", "add", "sub", "mul", "minS", "minU", "maxS", "maxU"]],
  ["i32x4", i32x4, ["eq", "ne", "ltS", "ltU", "gtS", "gtU", "leS", "leU", "geS", "geU", "relaxedLaneselect"]],
  ["i64x2", i64x2, ["neg", "add", "sub", "mul", "eq", "ne", "ltS", "gtS", "leS", "geS"]],
  ...(["f32x4", "f64x2"] as const).map((name): [string, object, string[]] => [
    name,
    name === "f32x4" ? f32x4 : f64x2,
    [
      ...["abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest", "add", "sub", "mul", "div", "min", "max"],
      ...["pmin", "pmax", "eq", "ne", "lt", "gt", "le", "ge", "relaxedMadd", "relaxedNmadd"],
    ],
  ]),
];

const named: [string, Instruction][] = groups.flatMap(([group, builders, names]) =>
  names.map((name): [string, Instruction] => {
    const builder = (builders as Readonly<Record<string, (...operands: Vector[]) => Vector>>)[name]!;
    return [`${group}.${name}`, (...operands) => builder(...operands.slice(0, Math.max(1, builder.length)))];
  }),
);

const instructions: [string, Instruction][] = [
  ...named.filter(([name]) => !AVOIDED.has(name)),
  ["i32x4.shl", (a) => i32x4.shl(a, 5)],
  ["i32x4.shrS", (a) => i32x4.shrS(a, 3)],
  ["i32x4.shrU", (a) => i32x4.shrU(a, 3)],
  ["i64x2.shl", (a) => i64x2.shl(a, 52)],
  ["constants", (a) => v128.xor(a, f32x4.const([1, 2, 3, 4]))],
  ["lane selection by comparison", (a, b, c) => v128.bitselect(a, b, f32x4.lt(b, c))],
];

const BYTES = 64;
const [A, B, C, OUT, SPLAT] = [1024, 2048, 3072, 4096, 512] as const;

/**
 * A function for each way of using the instruction on vectors side by side: its operands read by it alone, or read again
 * after it, or with a sum over several rounds in between.
 */
function moduleOf(instruction: Instruction): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  for (const vectors of [2, 3, 4]) {
    for (const again of [false, true]) {
      const name = `${vectors} ${again}`;
      module.function({ name, parameters: { a: "i32", b: "i32", c: "i32", out: "i32", splat: "i32" } }, (f, p) => {
        const scalar = f.let(v128.load32Splat(p.splat));
        const results = Array.from({ length: vectors }, (_, v) => {
          const [a, b, c] = [p.a, p.b, p.c].map((from) => f.let(v128.load(from, 16 * v))) as [...Operands];
          const result = f.let(instruction(a, b, c));
          return again ? f.let(v128.xor(v128.xor(v128.xor(result, a), b), v128.xor(c, scalar))) : result;
        });
        for (let v = vectors - 1; v >= 0; v--) f.do(v128.store(p.out, results[v]!, 16 * v));
      });
    }
  }
  return module.toBytes();
}

/** Bits that make ordinary numbers, and those that do not, of either float type. */
function fill(memory: ArrayBufferLike): void {
  const words = new Uint32Array(memory);
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  for (let i = 0; i < words.length; i++) words[i] = next();
  const floats = new Float32Array(memory);
  const doubles = new Float64Array(memory);
  for (const start of [A, B, C]) {
    for (let i = 0; i < BYTES / 8; i += 2) doubles[start / 8 + i] = (next() / 2 ** 32 - 0.5) * 8;
    for (let i = 2; i < BYTES / 4; i += 4) floats[start / 4 + i] = (next() / 2 ** 32 - 0.5) * 8;
  }
  [0, -0, Number.POSITIVE_INFINITY, 2 ** -149].forEach((value, i) => {
    floats[A / 4 + 4 * i + 3] = value;
  });
}

/** Results of all ways, as words; a NaN is a NaN, whatever its bits. */
function resultsOf(compiled: WebAssembly.Module): string[] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return Object.entries(exports).map(([name, call]) => {
    fill(memory.buffer);
    (call as (...values: number[]) => void)(A, B, C, OUT, SPLAT);
    return `${name}: ${[...new Uint32Array(memory.buffer, OUT, BYTES / 4)].join(" ")}`;
  });
}

const usual: CompileJoined = (bytes) => new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
/** Where this engine joins nothing, there is but one way to compile. */
const joined: CompileJoined = join ?? usual;

describe("joined vectors", () => {
  test.each(instructions)("%s has the bits of its halves", (_, instruction) => {
    const bytes = moduleOf(instruction);
    const expected = resultsOf(usual(bytes));
    // The engine gives back the code that it has for equal bytes: a custom section makes others.
    const others = new Uint8Array([...bytes, 0, 2, 1, 0x6a]);
    expect(resultsOf(joined(others))).toEqual(expected);
  });

  test("this engine joins if it is one of those that were tested, on x64", () => {
    const [major] = process.versions.node.split(".");
    expect(join !== undefined).toBe(process.arch === "x64" && (major === "24" || major === "26"));
  });

  test("PREWITT_WIDE=0 does without, and so does an engine without fused multiplication", () => {
    vi.stubEnv("PREWITT_WIDE", "0");
    expect(wasmExecutor({ threads: 1 }).hotCode).toBeUndefined();
    expect(wasmExecutor({ threads: 1, wideSimd: true }).hotCode === undefined).toBe(join === undefined);
    expect(wasmExecutor({ threads: 1, wideSimd: true, relaxedSimd: false }).hotCode).toBeUndefined();
  });

  test("hot programs change to wide kernels after some runs, with the same bits", () => {
    const values = Float32Array.from({ length: 40 * 40 }, (_, i) => Math.sin(i * 0.7));
    const x = tensor(values, { shape: [40, 40] });
    const variants = (executor: ReturnType<typeof wasmExecutor>): string => {
      const profile = new Profile();
      executor.profile = profile;
      run();
      executor.profile = undefined;
      return profile
        .rows()
        .map((row) => row.variant)
        .join();
    };
    const product = compile((a: Tensor) => a.matmul(a));
    const run = (): number[] => [...product(x).dataSync()];
    const executor = wasmExecutor({ threads: 1, tuning: "off", hotRuns: 2 });
    using _ = useExecutor(executor);
    const cold = run();
    expect(variants(executor)).toMatch(/×8/);
    for (let i = 0; i < 3; i++) expect(run()).toEqual(cold);
    if (join !== undefined) expect(variants(executor)).toMatch(/×16/);
    else expect(variants(executor)).toMatch(/×8/);
    using narrow = useExecutor(wasmExecutor({ threads: 1, tuning: "off", hotRuns: 0, wideSimd: false }));
    expect(narrow).toBeDefined();
    expect(run()).toEqual(cold);
  });
});
