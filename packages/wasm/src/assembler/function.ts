/**
 * The body of one function: locals, statements in order, structured control flow. Control helpers take callbacks that
 * emit their bodies, so the generator's own structure is that of the code it makes. Loops test at the bottom
 * (one branch an iteration), which is the form engines compile best.
 */

import { ByteSink, unsignedLeb } from "./bytes.ts";
import { i32 } from "./scalar.ts";
import { Local, type Operand, operand, type ResultType, type Statement, Value, type ValueType } from "./value.ts";

export const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export type Parameters = Readonly<Record<string, ValueType>>;
export type ParameterLocals<P extends Parameters> = { readonly [K in keyof P]: Local<P[K]> };

/** A target for `branch`: leaving a block, or starting a loop again. */
export interface Label {
  readonly depth: number;
}

/** A function of the module under construction, to be called or exported. */
export interface FunctionHandle<R extends ResultType = ResultType> {
  readonly index: number;
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: R;
}

export class FunctionBuilder<P extends Parameters = Parameters> {
  /** The parameters, by name. */
  readonly parameters: ParameterLocals<P>;
  readonly #parameterCount: number;
  readonly #localTypes: ValueType[] = [];
  readonly #entry = new ByteSink();
  readonly #constants = new Map<string, Local>();
  readonly #code = new ByteSink();
  #depth = 0;

  constructor(parameters: P) {
    const names = Object.keys(parameters);
    this.#parameterCount = names.length;
    this.parameters = Object.fromEntries(
      names.map((name, index) => [name, new Local(parameters[name] as ValueType, index)]),
    ) as unknown as ParameterLocals<P>;
  }

  /** A new local, zero at function entry. */
  local<T extends ValueType>(type: T): Local<T> {
    this.#localTypes.push(type);
    return new Local(type, this.#parameterCount + this.#localTypes.length - 1);
  }

  locals<T extends ValueType>(type: T, count: number): Local<T>[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /**
   * A local that holds a constant from function entry on, for constants of loops: engines build vector constants anew
   * at every use. Equal constants share one local.
   */
  constant<T extends ValueType>(value: Value<T>): Local<T> {
    if (value.operands.length > 0 || value instanceof Local) throw new TypeError("not a constant");
    const key = `${value.type} ${value.code.join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known as Local<T>;
    const local = this.local(value.type);
    value.write(this.#entry);
    this.#entry.bytes([0x21, ...unsignedLeb(local.index)]);
    this.#constants.set(key, local);
    return local;
  }

  /** Names a value: computes it here, once, into a new local. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends ValueType>(local: Local<T>, value: Operand<T>): void {
    operand(local.type, value).write(this.#code);
    this.#code.byte(0x21);
    this.#code.unsigned(local.index);
  }

  /** `local += amount`, for pointers and counters. */
  increment(local: Local<"i32">, amount: Operand<"i32">): void {
    if (amount !== 0) this.set(local, i32.add(local, amount));
  }

  /** Emits statements in order: stores, calls without result, fences. */
  do(...statements: readonly Statement[]): void {
    for (const statement of statements) statement.write(this.#code);
  }

  drop(value: Value<ValueType>): void {
    value.write(this.#code);
    this.#code.byte(0x1a);
  }

  /** Stores into a local and yields it, as one expression. */
  tee<T extends ValueType>(local: Local<T>, value: Operand<T>): Value<T> {
    return new Value(local.type, [operand(local.type, value)], [0x22, ...unsignedLeb(local.index)]);
  }

  /** The call as a value, or as a statement if the function has no result. */
  call<R extends ResultType>(target: FunctionHandle<R>, values: readonly Operand<ValueType>[]): Value<R> {
    if (values.length !== target.parameters.length) {
      throw new TypeError(`${target.name} takes ${target.parameters.length} values, got ${values.length}`);
    }
    const operands = values.map((value, index) => operand(target.parameters[index] as ValueType, value));
    return new Value(target.result, operands, [0x10, ...unsignedLeb(target.index)]);
  }

  return(value?: Value<ValueType>): void {
    value?.write(this.#code);
    this.#code.byte(0x0f);
  }

  unreachable(): void {
    this.#code.byte(0x00);
  }

  #structured(opcode: number, body: (label: Label) => void): void {
    this.#code.bytes([opcode, 0x40]);
    this.#depth += 1;
    body({ depth: this.#depth });
    this.#depth -= 1;
    this.#code.byte(0x0b);
  }

  /** A block that `branch(exit)` leaves. */
  block(body: (exit: Label) => void): void {
    this.#structured(0x02, body);
  }

  /** A loop that runs once, and again for every `branch(again)`. */
  loop(body: (again: Label) => void): void {
    this.#structured(0x03, body);
  }

  branch(label: Label): void {
    this.#code.bytes([0x0c, ...unsignedLeb(this.#depth - label.depth)]);
  }

  branchIf(label: Label, condition: Operand<"i32">): void {
    operand("i32", condition).write(this.#code);
    this.#code.byte(0x0d);
    this.#code.unsigned(this.#depth - label.depth);
  }

  /** A constant condition is decided here: only the chosen side is emitted. */
  if(condition: Operand<"i32">, then: () => void, otherwise?: () => void): void {
    const test = operand("i32", condition);
    if (test.constant !== undefined) {
      if (test.constant !== 0) then();
      else otherwise?.();
      return;
    }
    test.write(this.#code);
    this.#structured(0x04, () => {
      then();
      if (otherwise !== undefined) {
        this.#code.byte(0x05);
        otherwise();
      }
    });
  }

  /** Jumps to one of `cases` by index (br_table); indices beyond the list run `otherwise`. */
  switch(index: Operand<"i32">, cases: readonly (() => void)[], otherwise: () => void = () => undefined): void {
    this.block((exit) => {
      const open = (position: number): void => {
        if (position < 0) {
          operand("i32", index).write(this.#code);
          this.#code.byte(0x0e);
          this.#code.vector([...cases.keys()], (position) => this.#code.unsigned(position));
          this.#code.unsigned(cases.length);
          return;
        }
        this.block(() => open(position - 1));
        if (position < cases.length) (cases[position] as () => void)();
        else otherwise();
        this.branch(exit);
      };
      open(cases.length);
    });
  }

  /** Runs the body, then again while the condition it returns holds. */
  doWhile(body: () => Operand<"i32">): void {
    this.loop((again) => this.branchIf(again, body()));
  }

  while(condition: () => Operand<"i32">, body: () => void): void {
    this.if(condition(), () => {
      this.doWhile(() => {
        body();
        return condition();
      });
    });
  }

  /**
   * `for (i = start; i < end; i += step)`, signed. The bounds are read again in every iteration: pass constants or
   * locals that the body leaves alone. With constant bounds no entry test is emitted, and an empty range emits nothing.
   */
  for(i: Local<"i32">, start: Operand<"i32">, end: Operand<"i32">, step: number, body: () => void): void {
    const from = operand("i32", start);
    const to = operand("i32", end);
    const run = (): void =>
      this.doWhile(() => {
        body();
        this.increment(i, step);
        return i32.ltS(i, to);
      });
    if (from.constant !== undefined && to.constant !== undefined) {
      if (from.constant >= to.constant) return;
      this.set(i, from);
      run();
      return;
    }
    this.set(i, from);
    this.if(i32.ltS(i, to), run);
  }

  /** Repeats the body `count` times at a fresh counter, which it receives. */
  repeat(count: Operand<"i32">, body: (i: Local<"i32">) => void): void {
    const i = this.local("i32");
    this.for(i, 0, count, 1, () => body(i));
  }

  /** The encoded body; locals are grouped into runs of one type. */
  encode(sink: ByteSink): void {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#localTypes) {
      const last = runs.at(-1);
      if (last?.type === type) last.count += 1;
      else runs.push({ type, count: 1 });
    }
    sink.sized((body) => {
      body.vector(runs, (run) => {
        body.unsigned(run.count);
        body.byte(typeCode[run.type]);
      });
      body.append(this.#entry);
      body.append(this.#code);
      body.byte(0x0b);
    });
  }
}
