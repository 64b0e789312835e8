/**
 * What the engine can do, found by validating a tiny module for each feature; nothing is run.
 */

import { atomic } from "./atomics.ts";
import { ModuleBuilder } from "./module.ts";
import { f32x4, v128 } from "./vector.ts";

export interface Features {
  /** 128-bit vectors. Without them no kernel of this package runs. */
  readonly simd: boolean;
  /** Relaxed SIMD: fused multiply-add in one instruction. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomics. A page may still lack SharedArrayBuffer: see cross-origin isolation. */
  readonly threads: boolean;
}

function validates(shared: boolean, define: (module: ModuleBuilder) => void): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ shared });
  define(module);
  return WebAssembly.validate(module.toBytes());
}

/**
 * @example
 * const { relaxedSimd } = detectFeatures();
 */
export function detectFeatures(): Features {
  return {
    simd: validates(false, (module) =>
      module.function({ name: "simd", parameters: { p: "i32" } }, (f, { p }) => {
        f.do(v128.store(p, f32x4.add(v128.load(p), v128.load(p, 16))));
      }),
    ),
    relaxedSimd: validates(false, (module) =>
      module.function({ name: "madd", parameters: { p: "i32" } }, (f, { p }) => {
        f.do(v128.store(p, f32x4.relaxedMadd(v128.load(p), v128.load(p, 16), v128.load(p, 32))));
      }),
    ),
    threads: validates(true, (module) =>
      module.function({ name: "add", parameters: { p: "i32" } }, (f, { p }) => {
        f.drop(atomic.add(p, 1));
      }),
    ),
  };
}
