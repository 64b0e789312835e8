/**
 * @prewitt/wasm: the CPU executor. It compiles programs to WebAssembly SIMD at run time and runs them on all cores.
 */

export { WasmExecutor, type WasmOptions, wasmExecutor } from "./executor/executor.ts";
export { measurePeak } from "./executor/peak.ts";
export { Profile, type ProfileOptions, type ProfileRow } from "./executor/profile.ts";
export type { Tuning } from "./executor/tuner.ts";
