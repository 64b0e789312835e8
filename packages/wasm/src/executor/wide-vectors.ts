/**
 * 256-bit vectors. WebAssembly's are of 128 bits; V8's optimising compiler can join neighbouring pairs of them into AVX2
 * instructions, which do twice the work, when its flag `--experimental-wasm-revectorize` is set. Every lane is computed as
 * before, so no bit changes. A kernel profits as far as it loads, computes and stores in such pairs (`CodeOptions.wide`).
 *
 * The flag is an experiment of V8's and holds for all WebAssembly of the process. So it is set only in versions of V8 on
 * which the tests of this package have passed with it, and `PREWITT_WIDE=0` (or `wideSimd: false`) leaves it alone. The pass
 * is deps/v8/src/compiler/turboshaft/wasm-revec-reducer.cc in the sources of Node.
 */

import { f32x4, ModuleBuilder, v128 } from "../assembler/index.ts";

const FLAG = "--experimental-wasm-revectorize";

/** Of V8, by major and minor number. */
const TESTED: ReadonlySet<string> = new Set(["13.6"]);

interface NodeProcess {
  readonly arch?: string;
  readonly versions?: { readonly v8?: string };
  getBuiltinModule?(name: string): unknown;
}

/**
 * Sets the flag where it helps and is known to be sound; whether it is set. False in browsers, on other processors than
 * x64 with AVX2, and in versions of V8 that were not tested.
 */
export function widenVectors(): boolean {
  const node = (globalThis as { process?: NodeProcess }).process;
  const version = node?.versions?.v8?.split(".").slice(0, 2).join(".");
  if (node?.arch !== "x64" || version === undefined || !TESTED.has(version) || !multipliesFused()) return false;
  const v8 = node.getBuiltinModule?.("node:v8") as { setFlagsFromString?(flags: string): void } | undefined;
  if (v8?.setFlagsFromString === undefined) return false;
  v8.setFlagsFromString(FLAG);
  return true;
}

/**
 * Whether the relaxed multiply-add rounds once: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 in two roundings. Processors
 * with fused multiply-add have AVX2 too.
 */
function multipliesFused(): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false });
  module.function({ name: "madd", parameters: { p: "i32" } }, (f, { p }) => {
    const x = v128.load(p);
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
