/**
 * A module under construction: types, imports (functions, one memory that may be shared), functions, exports, and the
 * name section, so that profilers show kernels by name. No tables, globals or data: kernels keep all state in memory.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

import { ByteSink } from "./bytes.ts";
import { FunctionBuilder, type FunctionHandle, type ParameterLocals, type Parameters, typeCode } from "./function.ts";
import { type ResultType, Value, type ValueType } from "./value.ts";

export interface MemoryImport {
  readonly module?: string;
  readonly name?: string;
  /** Must agree with the memory given at instantiation. */
  readonly shared: boolean;
  /** In pages of 64 KiB. The memory given must have at least this many … */
  readonly minimum?: number;
  /** … and, if shared, a declared maximum of at most this many. */
  readonly maximum?: number;
}

export interface FunctionOptions<P extends Parameters, R extends ResultType> {
  readonly name: string;
  readonly parameters: P;
  readonly result?: R;
  /** Exported under its name unless false. */
  readonly export?: boolean;
}

interface Signature {
  readonly parameters: readonly ValueType[];
  readonly result: ResultType;
}

interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

const MAX_PAGES = 65536;

export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #imports: FunctionImport[] = [];
  readonly #functions: { type: number; builder: FunctionBuilder; name: string }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  #memory: MemoryImport | undefined;

  /** Declares the memory that loads and stores of this module work on; imported as "env"."memory" by default. */
  importMemory(memory: MemoryImport): void {
    this.#memory = memory;
  }

  #typeIndex(signature: Signature): number {
    const same = (other: Signature): boolean =>
      other.result === signature.result && other.parameters.join() === signature.parameters.join();
    const found = this.#types.findIndex(same);
    if (found >= 0) return found;
    this.#types.push(signature);
    return this.#types.length - 1;
  }

  /** Imports must be declared before the first function, because they take the first indices. */
  importFunction<R extends ResultType>(
    module: string,
    name: string,
    parameters: readonly ValueType[],
    result: R,
  ): FunctionHandle<R> {
    if (this.#functions.length > 0) throw new Error(`import ${module}.${name} before defining functions`);
    this.#imports.push({ module, name, type: this.#typeIndex({ parameters, result }) });
    return { index: this.#imports.length - 1, name, parameters, result };
  }

  /**
   * Defines a function; `body` emits its statements and, if the function has a result, returns the value to leave.
   *
   * @example
   * module.function({ name: "square", parameters: { x: "f32" }, result: "f32" }, (f, { x }) => f32.mul(x, x));
   */
  function<const P extends Parameters, R extends ValueType>(
    options: FunctionOptions<P, R> & { readonly result: R },
    body: (f: FunctionBuilder<P>, parameters: ParameterLocals<P>) => Value<NoInfer<R>>,
  ): FunctionHandle<R>;
  function<const P extends Parameters>(
    options: FunctionOptions<P, "void">,
    body: (f: FunctionBuilder<P>, parameters: ParameterLocals<P>) => void,
  ): FunctionHandle<"void">;
  function<P extends Parameters, R extends ResultType>(
    options: FunctionOptions<P, R>,
    body: (f: FunctionBuilder<P>, parameters: ParameterLocals<P>) => unknown,
  ): FunctionHandle {
    const parameters = Object.values(options.parameters);
    const result: ResultType = options.result ?? "void";
    const builder = new FunctionBuilder(options.parameters);
    const type = this.#typeIndex({ parameters, result });
    const value = body(builder, builder.parameters);
    if (result !== "void") {
      if (!(value instanceof Value) || value.type !== result)
        throw new TypeError(`${options.name} must return a ${result}`);
      builder.return(value as Value<ValueType>);
    }
    const handle = { index: this.#imports.length + this.#functions.length, name: options.name, parameters, result };
    this.#functions.push({ type, builder: builder as unknown as FunctionBuilder, name: options.name });
    if (options.export !== false) this.#exports.push({ name: options.name, index: handle.index });
    return handle;
  }

  /** Also exports a function under another name. */
  export(name: string, handle: FunctionHandle): void {
    this.#exports.push({ name, index: handle.index });
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteSink();
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, write: (sink: ByteSink) => void): void => {
      out.byte(id);
      out.sized(write);
    };
    section(1, (sink) => sink.vector(this.#types, (type) => writeSignature(sink, type)));
    section(2, (sink) => this.#writeImports(sink));
    section(3, (sink) => sink.vector(this.#functions, (entry) => sink.unsigned(entry.type)));
    section(7, (sink) =>
      sink.vector(this.#exports, (entry) => {
        sink.name(entry.name);
        sink.byte(0x00);
        sink.unsigned(entry.index);
      }),
    );
    section(10, (sink) => sink.vector(this.#functions, (entry) => entry.builder.encode(sink)));
    section(0, (sink) => this.#writeNames(sink));
    return out.toBytes();
  }

  #writeImports(sink: ByteSink): void {
    sink.unsigned(this.#imports.length + (this.#memory === undefined ? 0 : 1));
    for (const entry of this.#imports) {
      sink.name(entry.module);
      sink.name(entry.name);
      sink.byte(0x00);
      sink.unsigned(entry.type);
    }
    if (this.#memory === undefined) return;
    const { module = "env", name = "memory", shared, minimum = 0, maximum = MAX_PAGES } = this.#memory;
    sink.name(module);
    sink.name(name);
    sink.bytes([0x02, shared ? 0x03 : 0x01]);
    sink.unsigned(minimum);
    sink.unsigned(maximum);
  }

  #writeNames(sink: ByteSink): void {
    sink.name("name");
    sink.byte(1);
    sink.sized((names) =>
      names.vector(
        this.#functions.map((entry, index) => ({ entry, index })),
        ({ entry, index }) => {
          names.unsigned(this.#imports.length + index);
          names.name(entry.name);
        },
      ),
    );
  }
}

function writeSignature(sink: ByteSink, { parameters, result }: Signature): void {
  sink.byte(0x60);
  sink.vector(parameters, (type) => sink.byte(typeCode[type]));
  sink.vector(result === "void" ? [] : [result], (type) => sink.byte(typeCode[type]));
}
