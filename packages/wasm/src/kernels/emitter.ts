/**
 * What generators of scalar code share while they emit one function: locals that are used again, constants that are set
 * once at function entry, and helper functions of the module.
 *
 * A value that is used more than once must be named (`let`); names made inside `scope` are given back at its end, so
 * that unrolled bodies do not grow the number of locals.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  f64x2,
  i32x4,
  Local,
  type ModuleBuilder,
  type Value,
  type ValueType,
} from "../assembler/index.ts";

export type Vector = Value<"v128">;
export type Index = Value<"i32">;

export class Emitter {
  readonly module: ModuleBuilder;
  readonly f: FunctionBuilder;
  readonly #free = new Map<ValueType, Local[]>();
  #taken: Local[] = [];
  readonly #helpers: Map<string, FunctionHandle>;

  /** Functions of one module that share `helpers` define each helper once. */
  constructor(module: ModuleBuilder, f: FunctionBuilder, helpers: Map<string, FunctionHandle> = new Map()) {
    this.module = module;
    this.f = f;
    this.#helpers = helpers;
  }

  /** A local for the rest of the scope. Its content at first is undefined. */
  local<T extends ValueType>(type: T): Local<T> {
    const local = (this.#free.get(type)?.pop() as Local<T> | undefined) ?? this.f.local(type);
    this.#taken.push(local);
    return local;
  }

  /** Computes the value here, once; constants and locals are returned as they are. */
  let<T extends ValueType>(value: Value<T>): Value<T> {
    if (value instanceof Local || value.constant !== undefined) return value;
    return this.variable(value);
  }

  /** A local of its own that starts with the value and may be set. */
  variable<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.f.set(local, value);
    return local;
  }

  /** Runs `body`; locals that it takes are free again afterwards. */
  scope(body: () => void): void {
    const outer = this.#taken;
    this.#taken = [];
    body();
    for (const local of this.#taken) {
      const free = this.#free.get(local.type) ?? [];
      free.push(local);
      this.#free.set(local.type, free);
    }
    this.#taken = outer;
  }

  f32(value: number): Vector {
    return this.f.constant(f32x4.splat(value));
  }
  f64(value: number): Vector {
    return this.f.constant(f64x2.splat(value));
  }
  i32(value: number): Vector {
    return this.f.constant(i32x4.const([value, value, value, value]));
  }
  i32Lanes(lanes: readonly [number, number, number, number]): Vector {
    return this.f.constant(i32x4.const(lanes));
  }

  /** A function of the module that only generated code calls, defined at its first use. */
  helper<T extends FunctionHandle>(name: string, define: (module: ModuleBuilder, self: Emitter) => T): T {
    const known = this.#helpers.get(name);
    if (known !== undefined) return known as T;
    const handle = define(this.module, this);
    this.#helpers.set(name, handle);
    return handle;
  }

  /** An emitter for another function of the same module. */
  within(f: FunctionBuilder): Emitter {
    return new Emitter(this.module, f, this.#helpers);
  }
}
