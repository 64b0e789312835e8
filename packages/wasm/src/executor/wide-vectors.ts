/**
 * 256-bit vectors. WebAssembly's are of 128 bits; V8's optimising compiler can join neighbouring pairs of them into AVX2
 * instructions, which do twice the work, where its flag `--experimental-wasm-revectorize` is set. Every lane is computed as
 * before, so no bit changes. Kernels that are to profit load, compute and store in such pairs (`CodeOptions.wide`), and
 * without joining run out of registers: wide code must never be compiled any other way than here.
 *
 * The flag is an experiment of V8's and holds for all WebAssembly of a process. So it is set only in versions of V8 on
 * which the tests of this package pass with it, and only while a module of ours is compiled: all functions at once, by the
 * optimising compiler alone. The pass is deps/v8/src/compiler/turboshaft/wasm-revec-reducer.cc in the sources of Node.
 */

import { f32x4, ModuleBuilder, v128 } from "../assembler/index.ts";

/**
 * Flags and their opposites: join; compile with the optimising compiler alone, and so without inlining, which goes by what
 * the other compiler's code has counted; compile everything now.
 */
const JOIN = ["--experimental-wasm-revectorize", "--no-liftoff", "--no-wasm-inlining", "--no-wasm-lazy-compilation"];
const USUAL = ["--no-experimental-wasm-revectorize", "--liftoff", "--wasm-inlining", "--wasm-lazy-compilation"];

/** Of V8, by major and minor number: those of Node 24 and 26. That of Node 22 has the flag, but joins next to nothing. */
const TESTED: ReadonlySet<string> = new Set(["13.6", "14.6"]);

interface V8 {
  setFlagsFromString(flags: string): void;
}

interface NodeProcess {
  readonly arch?: string;
  readonly versions?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: string): unknown;
}

/** Compiles modules with joined vectors. */
export type CompileJoined = (bytes: Uint8Array) => WebAssembly.Module;

/** Others that pass for Node: in some, V8's flags cannot be set any more once it runs. */
const NOT_NODE = ["electron", "deno", "bun"];

/**
 * The way to compile modules with joined vectors; `undefined` in browsers, on other processors than x64 with AVX2, and in
 * versions of V8 that were not tested.
 */
export function joiningCompiler(): CompileJoined | undefined {
  const node = (globalThis as { process?: NodeProcess }).process;
  const versions = node?.versions ?? {};
  const version = versions.v8?.split(".").slice(0, 2).join(".");
  if (version === undefined || !TESTED.has(version) || NOT_NODE.some((name) => versions[name] !== undefined)) {
    return undefined;
  }
  if (node?.arch !== "x64" || !multipliesFused()) return undefined;
  const v8 = node.getBuiltinModule?.("node:v8") as V8 | undefined;
  if (v8?.setFlagsFromString === undefined) return undefined;
  return (bytes) => {
    for (const flag of JOIN) v8.setFlagsFromString(flag);
    try {
      return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    } finally {
      for (const flag of USUAL) v8.setFlagsFromString(flag);
    }
  };
}

/**
 * Whether the relaxed multiply-add rounds once: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 in two roundings. Processors
 * with fused multiply-add have AVX2 too.
 */
function multipliesFused(): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false });
  module.function({ name: "madd", parameters: { p: "i32" } }, (f, { p }) => {
    const x = f.let(v128.load(p));
    f.do(v128.store(p, f32x4.relaxedMadd(x, x, v128.load(p, 16))));
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  const words = new Float32Array(memory.buffer);
  words.fill(1 + 2 ** -12, 0, 4);
  words.fill(-(1 + 2 ** -11), 4, 8);
  (exports.madd as (p: number) => void)(0);
  return words[0] === 2 ** -24;
}
