/**
 * Builds programs by hand, so that tests can run single kernels through an executor.
 */

import type { Kernel } from "../../src/program/kernels.ts";
import { type Operand, wholeBuffer } from "../../src/program/operand.ts";
import type { Assign, Buffer, Program, ProgramInput, ProgramVariable } from "../../src/program/program.ts";
import { referenceExecutor } from "../../src/reference/executor.ts";
import type { Executor, Storage } from "../../src/run/executor.ts";
import { allocate, byteSize, type DType, type TypedArray } from "../../src/tensor/dtype.ts";
import { sizeOf } from "../../src/tensor/shape.ts";

export class ProgramBuilder {
  readonly #buffers: Buffer[] = [];
  readonly #inputs: ProgramInput[] = [];
  readonly #variables: ProgramVariable[] = [];
  readonly #data: TypedArray[] = [];
  readonly #states: TypedArray[] = [];
  readonly #kernels: Kernel[] = [];
  readonly #outputs: Operand[] = [];
  readonly #assigns: Assign[] = [];
  #arena = 0;

  #buffer(role: Buffer["role"], index: number, dtype: DType, shape: readonly number[], offset: number): Operand {
    const id = this.#buffers.length;
    this.#buffers.push({ id, role, index, dtype, shape, offset, first: 0, last: 0 });
    return wholeBuffer(id, shape);
  }

  /** An input with its value. */
  input(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Operand {
    const operand = this.#buffer("input", this.#inputs.length, dtype, shape, -1);
    this.#inputs.push({ buffer: operand.buffer, dtype, shape, source: "argument", leaf: this.#inputs.length });
    this.#data.push(filled(dtype, values));
    return operand;
  }

  variable(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Operand {
    const index = this.#variables.length;
    const operand = this.#buffer("variable", index, dtype, shape, -1);
    this.#variables.push({ id: index, name: `v${index}`, buffer: operand.buffer, dtype, shape });
    this.#states.push(filled(dtype, values));
    return operand;
  }

  temporary(dtype: DType, shape: readonly number[]): Operand {
    const offset = Math.ceil(this.#arena / 16) * 16;
    this.#arena = offset + sizeOf(shape) * byteSize(dtype);
    return this.#buffer("temporary", -1, dtype, shape, offset);
  }

  kernel(kernel: Kernel): this {
    this.#kernels.push(kernel);
    return this;
  }

  output(operand: Operand): this {
    this.#outputs.push(operand);
    return this;
  }

  assign(variable: number, value: Operand): this {
    this.#assigns.push({ variable, value });
    return this;
  }

  build(): Program {
    return {
      buffers: this.#buffers,
      kernels: this.#kernels,
      inputs: this.#inputs,
      variables: this.#variables,
      outputs: this.#outputs,
      assigns: this.#assigns,
      arena: this.#arena,
    };
  }

  /** Fresh storages with the variables' values. */
  storages(executor: Executor): Storage[] {
    return this.#states.map((state, i) => {
      const storage = executor.createStorage(this.#variables[i]!.dtype, state.length);
      storage.write(state);
      return storage;
    });
  }

  /** Runs the program; gives the outputs as plain arrays. */
  run(executor: Executor = referenceExecutor(), variables: readonly Storage[] = this.storages(executor)): number[][] {
    const values = executor.prepare(this.build()).run({ inputs: this.#data, variables });
    return values.map((v) => Array.from(v.readSync!()));
  }
}

function filled(dtype: DType, values: ArrayLike<number>): TypedArray {
  const array = allocate(dtype, values.length);
  array.set(values);
  return array;
}

/** The executors that every kernel is tested with: generated loops, and closures. */
export const executors: readonly [name: string, make: () => Executor][] = [
  ["generated", () => referenceExecutor()],
  ["closures", () => referenceExecutor({ generate: false })],
];
