/**
 * A WebAssembly assembler: expressions are values, a `FunctionBuilder` puts statements in order, a `ModuleBuilder`
 * makes the bytes.
 *
 * @example
 * const module = new ModuleBuilder();
 * module.importMemory({ shared: true });
 * // y[i] = a · x[i] for i in [t0, t1), four floats a step
 * module.function({ name: "scale", parameters: { x: "i32", y: "i32", a: "f32", t0: "i32", t1: "i32" } }, (f, p) => {
 *   const factor = f.let(f32x4.splat(p.a));
 *   const i = f.local("i32");
 *   f.for(i, p.t0, p.t1, 1, () => {
 *     const at = f.let(i32.shl(i, 4));
 *     f.do(v128.store(i32.add(p.y, at), f32x4.mul(factor, v128.load(i32.add(p.x, at)))));
 *   });
 * });
 * const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(module.toBytes()), { env: { memory } });
 */

export { atomic } from "./atomics.ts";
export { detectFeatures, type Features } from "./features.ts";
export {
  FunctionBuilder,
  type FunctionHandle,
  type Label,
  type ParameterLocals,
  type Parameters,
} from "./function.ts";
export { memory } from "./memory.ts";
export { type FunctionOptions, type MemoryImport, ModuleBuilder } from "./module.ts";
export { f32, f64, i32, i64, select } from "./scalar.ts";
export { Local, type Operand, type ResultType, type Statement, Value, type ValueType } from "./value.ts";
export { f32x4, f64x2, i8x16, i16x8, i32x4, i64x2, shuffle32, v128 } from "./vector.ts";
