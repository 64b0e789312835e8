/**
 * @prewitt/wasm: the CPU executor. It compiles programs to WebAssembly SIMD at run time and runs them on all cores.
 */

export { WasmExecutor, type WasmOptions, wasmExecutor } from "./executor/executor.ts";
export { Profile, type ProfileRow } from "./executor/profile.ts";
export type { Tuning } from "./executor/tuner.ts";
