/**
 * A program made ready: kernels compiled to functions over an array of typed arrays, which is bound at each run.
 *
 * Order of a run: kernels, copies of the outputs, then the assignments, their values taken before the first is made. So
 * outputs show the state after the last kernel, assigning a = b, b = a swaps, and an error in a kernel leaves all
 * assigned variables as they were.
 */

import { ProgramError } from "../errors/errors.ts";
import { type Operand, wholeBuffer } from "../program/operand.ts";
import type { Program } from "../program/program.ts";
import { type Bindings, type Executor, HostValue, type PreparedProgram, type Value } from "../run/executor.ts";
import { allocate, byteSize, type DType, holds, type TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { checkBounds } from "./bounds.ts";
import { compileKernel } from "./compile.ts";
import type { KernelContext, Launch } from "./context.ts";
import type { Generator } from "./loop-text.ts";
import { ArrayStorage, type SharedMemory } from "./memory.ts";
import { compileCopy } from "./stage.ts";

/** A buffer of the arena, or scratch behind it. */
interface Place {
  readonly id: number;
  readonly dtype: DType;
  readonly offset: number;
  readonly length: number;
}

const alignUp = (n: number): number => Math.ceil(n / 16) * 16;

/** Hands out scratch buffers behind the arena; those of different kernels share the memory. */
class ScratchContext implements KernelContext {
  readonly generator: Generator | undefined;
  readonly places: Place[] = [];
  bytes = 0;
  readonly #dtypes: DType[];
  readonly #start: number;
  #next: number;

  constructor(program: Program, generator: Generator | undefined) {
    this.generator = generator;
    this.#dtypes = program.buffers.map((b) => b.dtype);
    this.#start = alignUp(program.arena);
    this.#next = this.#start;
  }

  dtypeOf(buffer: number): DType {
    return this.#dtypes[buffer]!;
  }

  scratch(dtype: DType, length: number): number {
    const id = this.#dtypes.length;
    this.#dtypes.push(dtype);
    this.places.push({ id, dtype, offset: this.#next, length });
    this.#next = alignUp(this.#next + length * byteSize(dtype));
    this.bytes = Math.max(this.bytes, this.#next);
    return id;
  }

  /** Begins the next kernel, which may use all scratch again. */
  reset(): void {
    this.#next = this.#start;
  }
}

export function prepareProgram(
  program: Program,
  owner: Executor,
  generator: Generator | undefined,
  memory: SharedMemory,
): PreparedProgram {
  checkBounds(program);
  const context = new ScratchContext(program, generator);
  const launches = program.kernels.map((kernel) => {
    context.reset();
    return compileKernel(kernel, context);
  });
  context.reset();
  const outputs = program.outputs.map((o) => copyOut(o, context));
  const assign = compileAssigns(program, context);
  const places = [...temporaries(program), ...context.places];
  const bytes = Math.max(program.arena, context.bytes);

  // Weak, so that a program that is not run again does not keep an arena that has been replaced.
  const known = new WeakMap<ArrayBuffer, readonly TypedArray[]>();
  const run = (bindings: Bindings, arena: ArrayBuffer): readonly Value[] => {
    let views = known.get(arena);
    if (views === undefined) {
      views = viewsOf(places, arena);
      known.set(arena, views);
    }
    const arrays = views.slice();
    bind(program, bindings, owner, arrays);
    for (const launch of launches) launch(arrays);
    const values = outputs.map((copy) => copy(arrays));
    assign(arrays);
    return values;
  };
  return { program, run: (bindings) => memory.lend(bytes, (arena) => run(bindings, arena)) };
}

function temporaries(program: Program): Place[] {
  return program.buffers.flatMap(({ id, role, dtype, offset, shape }) =>
    role === "temporary" && offset >= 0 ? [{ id, dtype, offset, length: sizeOf(shape) }] : [],
  );
}

/** The arrays of the arena by buffer number, with holes for inputs and variables. */
function viewsOf(places: readonly Place[], arena: ArrayBuffer): TypedArray[] {
  const views: TypedArray[] = [];
  for (const { id, dtype, offset, length } of places) {
    if (dtype === "float32") views[id] = new Float32Array(arena, offset, length);
    else if (dtype === "float64") views[id] = new Float64Array(arena, offset, length);
    else if (dtype === "int32") views[id] = new Int32Array(arena, offset, length);
    else views[id] = new Uint8Array(arena, offset, length);
  }
  return views;
}

/** Puts inputs and variables in their places; throws `ProgramError` for those that do not fit. */
function bind(program: Program, bindings: Bindings, owner: Executor, arrays: TypedArray[]): void {
  const problems: string[] = [];
  program.inputs.forEach(({ buffer, dtype, shape }, i) => {
    const data = bindings.inputs[i];
    if (data === undefined) problems.push(`input ${i} is missing`);
    else if (!holds(dtype, data)) problems.push(`input ${i} is no array of ${dtype}`);
    else if (data.length !== sizeOf(shape)) problems.push(`input ${i} has ${data.length} of ${sizeOf(shape)} elements`);
    else arrays[buffer] = data;
  });
  program.variables.forEach(({ buffer, dtype, shape }, i) => {
    const storage = bindings.variables[i];
    if (!(storage instanceof ArrayStorage) || storage.owner !== owner) {
      problems.push(`variable ${i} is ${storage === undefined ? "missing" : "not of this executor"}`);
    } else if (storage.dtype !== dtype || storage.length !== sizeOf(shape)) {
      problems.push(`variable ${i} is ${storage.dtype} × ${storage.length}, not ${dtype} × ${sizeOf(shape)}`);
    } else arrays[buffer] = storage.array;
  });
  if (problems.length > 0) throw new ProgramError({ summary: "what is bound does not fit the program", problems });
}

/** Copies an operand into a fresh array. */
function copyOut(operand: Operand, context: ScratchContext): (arrays: TypedArray[]) => Value {
  const dtype = context.dtypeOf(operand.buffer);
  const target = wholeBuffer(context.scratch(dtype, 0), operand.shape);
  const copy = compileCopy(operand, target, context);
  return (arrays) => {
    const array = allocate(dtype, sizeOf(operand.shape));
    arrays[target.buffer] = array;
    copy(arrays);
    return new HostValue(dtype, array);
  };
}

/** Values that lie in variables are taken aside first: another assignment may overwrite them. */
function compileAssigns(program: Program, context: ScratchContext): Launch {
  const aside: Launch[] = [];
  const stores = program.assigns.map(({ variable, value }): Launch => {
    const { buffer, shape } = program.variables[variable]!;
    const target = wholeBuffer(buffer, value.shape);
    if (sizeOf(value.shape) !== sizeOf(shape)) {
      throw new ProgramError(`variable ${variable} of ${sizeOf(shape)} elements is assigned ${sizeOf(value.shape)}`);
    }
    if (program.buffers[value.buffer]!.role !== "variable") return compileCopy(value, target, context);
    const staged = wholeBuffer(context.scratch(context.dtypeOf(value.buffer), sizeOf(value.shape)), value.shape);
    aside.push(compileCopy(value, staged, context));
    return compileCopy(staged, target, context);
  });
  return (arrays) => {
    for (const launch of aside) launch(arrays);
    for (const launch of stores) launch(arrays);
  };
}
