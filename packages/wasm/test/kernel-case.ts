/**
 * Single kernels for tests: operands with any layout, run as generated code on memory of their own, with any cut of the
 * tasks, and on the reference executor.
 */

import {
  allocate,
  allReads,
  type Buffer,
  byteSize,
  type DType,
  type Kernel,
  type Operand,
  type Program,
  type ProgramInput,
  referenceExecutor,
  sizeOf,
  type TypedArray,
} from "@prewitt/core";
import fc from "fast-check";
import { ModuleBuilder } from "../src/assembler/index.ts";
import { type CompileJoined, joiningCompiler } from "../src/executor/wide-vectors.ts";
import type { CodeOptions } from "../src/kernels/kernel.ts";
import type { DTypes, ShapedKernel } from "../src/kernels/shaped.ts";

/** How a view lies in memory; lists are as long as the rank is at most. */
export interface Layout {
  /** Sort keys: axes with smaller keys are slower in memory. */
  readonly keys: readonly number[];
  readonly flips: readonly boolean[];
  /** Elements skipped between neighbours. */
  readonly gaps: readonly number[];
  /** Axes that repeat one element (stride 0). */
  readonly repeats: readonly boolean[];
  readonly offset: number;
}

const RANK = 5;
const none = [false, false, false, false, false];

export const contiguous: Layout = {
  keys: [0, 1, 2, 3, 4],
  flips: none,
  gaps: [0, 0, 0, 0, 0],
  repeats: none,
  offset: 0,
};
export const channelsLast: Layout = { ...contiguous, keys: [0, 3, 1, 2, 4] };

const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: RANK, maxLength: RANK });

const strided: fc.Arbitrary<Layout> = fc.record({
  keys: list(fc.nat(9)),
  flips: list(fc.nat(3).map((n) => n === 3)),
  gaps: list(fc.constantFrom(0, 0, 0, 1)),
  repeats: list(fc.nat(3).map((n) => n === 3)),
  offset: fc.nat(3),
});

const permuted: fc.Arbitrary<Layout> = list(fc.nat(9)).map((keys) => ({ ...contiguous, keys }));
const broadcast: fc.Arbitrary<Layout> = list(fc.boolean()).map((repeats) => ({ ...contiguous, repeats }));

/** Any layout; simple ones often, since they take the fast paths. */
export const layouts: fc.Arbitrary<Layout> = fc.oneof(fc.constant(contiguous), permuted, broadcast, strided); // prettier-ignore

function placeOf(shape: readonly number[], layout: Layout): { strides: number[]; offset: number; length: number } {
  const order = shape.map((_, axis) => axis).sort((a, b) => layout.keys[b]! - layout.keys[a]! || b - a);
  const strides = new Array<number>(shape.length).fill(0);
  let { offset } = layout;
  let step = 1;
  for (const axis of order) {
    if (layout.repeats[axis]) continue;
    const stride = step * (1 + layout.gaps[axis]!);
    const extent = Math.max(1, shape[axis]!);
    strides[axis] = layout.flips[axis] ? -stride : stride;
    if (layout.flips[axis]) offset += (extent - 1) * stride;
    step = stride * extent;
  }
  return { strides, offset, length: step + layout.offset };
}

interface CaseBuffer {
  readonly dtype: DType;
  readonly data: TypedArray;
  readonly isWrite: boolean;
}

export class KernelCase {
  readonly buffers: CaseBuffer[] = [];

  #add(dtype: DType, shape: readonly number[], layout: Layout, isWrite: boolean, values: ArrayLike<number>): Operand {
    const { strides, offset, length } = placeOf(shape, layout);
    const data = allocate(dtype, length);
    for (let i = 0; i < length; i++) data[i] = values[i % values.length]!;
    this.buffers.push({ dtype, data, isWrite });
    return { buffer: this.buffers.length - 1, shape, strides, offset };
  }

  /** A view that is read, over `values`, which repeat. */
  read(dtype: DType, shape: readonly number[], layout: Layout, values: ArrayLike<number>): Operand {
    return this.#add(dtype, shape, layout, false, values);
  }

  /** A view that is written; every element has a place of its own. */
  write(dtype: DType, shape: readonly number[], layout: Layout): Operand {
    return this.#add(dtype, shape, { ...layout, repeats: none }, true, [99]);
  }

  dtypesOf(kernel: Kernel): DTypes {
    const dtype = (o: Operand): DType => this.buffers[o.buffer]!.dtype;
    return { reads: allReads(kernel).map(dtype), writes: kernel.writes.map(dtype) };
  }

  /** The writes' elements in logical order. */
  #dense(operands: readonly Operand[], arrayOf: (buffer: number) => TypedArray): number[][] {
    return operands.map((o) => offsetsOf(o).map((at) => arrayOf(o.buffer)[at]!));
  }

  reference(kernel: Kernel): number[][] {
    const buffers: Buffer[] = [];
    const inputs: ProgramInput[] = [];
    let arena = 0;
    this.buffers.forEach(({ dtype, data, isWrite }, id) => {
      const shape = [data.length];
      const common = { id, dtype, shape, first: 0, last: 1 };
      if (isWrite) {
        buffers.push({ ...common, role: "temporary", index: -1, offset: arena });
        arena += Math.ceil((data.length * byteSize(dtype)) / 16) * 16;
      } else {
        buffers.push({ ...common, role: "input", index: inputs.length, offset: -1 });
        inputs.push({ buffer: id, dtype, shape, source: "argument", leaf: inputs.length });
      }
    });
    const outputs = kernel.writes;
    const program: Program = { buffers, kernels: [kernel], inputs, variables: [], outputs, assigns: [], arena };
    const values = referenceExecutor()
      .prepare(program)
      .run({ inputs: this.buffers.filter((b) => !b.isWrite).map((b) => b.data), variables: [] });
    return values.map((v) => Array.from(v.readSync!()));
  }

  /**
   * Runs generated code for vectors of 128 bits and, where the generator has other code for them, of 256, whose results must
   * agree; `order` cuts and orders the tasks of each stage.
   */
  generated<K extends Kernel>(kernel: K, make: Make<K>, order: Order = (n) => [[0, n]]): Generated {
    const shapedFor = (wide: boolean) => make(kernel, this.dtypesOf(kernel), { relaxed: true, wide });
    const keyOf = ({ stages }: ShapedKernel): string => stages.map((stage) => stage.key).join();
    const plain = shapedFor(false);
    const narrow = this.#run(kernel, plain, order);
    const other = shapedFor(true);
    if (keyOf(other) === keyOf(plain)) return narrow;
    const wide = this.#run(kernel, other, order, join);
    narrow.results.forEach((r, i) => {
      if (!sameBits(wide.results[i]!, r)) throw new Error(`write ${i}: joined vectors change bits`);
    });
    if (wide.errors.join() !== narrow.errors.join()) throw new Error("joined vectors change errors");
    return narrow;
  }

  #run(kernel: Kernel, shaped: ShapedKernel, order: Order, compile?: CompileJoined): Generated {
    const run = instantiate(shaped, this, kernel, compile);
    run.launch(order);
    const results = this.#dense(kernel.writes, run.array);
    this.#checkUntouched(kernel, run.array);
    return { results, errors: run.errors(), variant: shaped.variant };
  }

  #checkUntouched(kernel: Kernel, array: (buffer: number) => TypedArray): void {
    const written = new Map<number, Set<number>>();
    for (const o of kernel.writes) {
      const set = written.get(o.buffer) ?? new Set<number>();
      for (const at of offsetsOf(o)) set.add(at);
      written.set(o.buffer, set);
    }
    this.buffers.forEach(({ data }, id) => {
      const now = array(id);
      for (let i = 0; i < data.length; i++) {
        if (written.get(id)?.has(i)) continue;
        if (!Object.is(now[i], data[i])) throw new Error(`element ${i} of buffer ${id} was overwritten`);
      }
    });
  }
}

export type Make<K extends Kernel> = (kernel: K, dtypes: DTypes, options: CodeOptions) => ShapedKernel;
export type Order = (tasks: number, stage: number) => readonly (readonly [number, number])[];

export interface Generated {
  readonly results: number[][];
  /** flag, position, value */
  readonly errors: Int32Array;
  readonly variant: string;
}

/** Element offsets of all points of an operand, in logical order. */
export function offsetsOf({ shape, strides, offset }: Operand): number[] {
  let at = [offset];
  shape.forEach((n, axis) => {
    at = at.flatMap((start) => Array.from({ length: n }, (_, i) => start + i * strides[axis]!));
  });
  return at;
}

const GUARD = 256;
const align = (n: number): number => Math.ceil(n / 64) * 64;

const join = joiningCompiler();

/** Places buffers in a memory full of NaN and compiles the stages, with joined vectors where `join` does so. */
export function instantiate(
  shaped: ShapedKernel,
  { buffers }: Pick<KernelCase, "buffers">,
  kernel: Kernel,
  join?: CompileJoined,
) {
  const { shared, local } = shaped.scratch(shaped.extents);
  let end = 1024;
  const take = (bytes: number): number => {
    const at = end;
    end = align(end + bytes) + GUARD;
    return at;
  };
  const starts = buffers.map(({ data }) => take(data.byteLength));
  const names = new Map<string, number>();
  for (const [name, bytes] of Object.entries(shared)) names.set(name, take(bytes));
  names.set("local", take(local));
  const errorsAt = take(16);
  names.set("errors", errorsAt);
  const address = (o: Operand): number => starts[o.buffer]! + o.offset * byteSize(dtypeOf(o));
  const dtypeOf = (o: Operand): DType => buffers[o.buffer]!.dtype;
  for (const [i, o] of allReads(kernel).entries()) names.set(`read${i}`, address(o));
  for (const [i, o] of kernel.writes.entries()) names.set(`write${i}`, address(o));

  const pages = Math.ceil(end / 65536) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Uint8Array(memory.buffer).fill(0xff);
  const array = (buffer: number): TypedArray => {
    const { data } = buffers[buffer]!;
    const Type = data.constructor as Float32ArrayConstructor;
    return new Type(memory.buffer as unknown as ArrayBuffer, starts[buffer]!, data.length);
  };
  for (const [id, { data }] of buffers.entries()) array(id).set(data);
  const errors = new Int32Array(memory.buffer, errorsAt, 4);
  errors.fill(0);

  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  for (const stage of new Map(shaped.stages.map((s) => [s.key, s])).values()) stage.define(module);
  // The engine would give back the code that it has for equal bytes.
  if (join !== undefined) module.function({ name: "joined", parameters: {} }, () => undefined);
  const bytes = module.toBytes() as Uint8Array<ArrayBuffer>;
  const { exports } = new WebAssembly.Instance(join?.(bytes) ?? new WebAssembly.Module(bytes), { env: { memory } });
  const stages = shaped.stages.map((stage) => ({
    call: exports[stage.key] as (...values: number[]) => void,
    values: stage.parameters.map(({ name }) => {
      const value = names.get(name) ?? shaped.extents[name];
      if (value === undefined) throw new Error(`no value for parameter ${name}`);
      return value;
    }),
    tasks: stage.tasks(shaped.extents),
  }));
  return {
    array,
    errors: () => errors.slice(),
    launch: (order: Order = (n) => [[0, n]]): void => {
      stages.forEach(({ call, values, tasks }, s) => {
        for (const [t0, t1] of order(tasks, s)) call(...values, t0, t1);
      });
    },
    tasks: stages.map((stage) => stage.tasks),
  };
}

/** One task a call, the last first. */
export const backwards: Order = (tasks) => Array.from({ length: tasks }, (_, i) => [tasks - 1 - i, tasks - i] as const);

/** Shapes with `rank` axes and at most `most` elements. */
export function shapes(maxRank = 4, most = 300, maxExtent = 9): fc.Arbitrary<number[]> {
  return fc
    .array(fc.integer({ min: 1, max: maxExtent }), { maxLength: maxRank })
    .filter((shape) => sizeOf(shape) <= most);
}

const odd = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3,
  100,
  -100,
  1e-3,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

/** Values of a dtype for the elements of a case; `special` adds NaN and infinities. */
export function valuesOf(dtype: DType, special = false): fc.Arbitrary<number[]> {
  const some = (item: fc.Arbitrary<number>) => fc.array(item, { minLength: 5, maxLength: 40 });
  switch (dtype) {
    case "bool":
      return some(fc.nat(1));
    case "uint8":
      return some(fc.nat(255));
    case "int32":
      return some(
        fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer(), fc.constantFrom(0, -1, -2147483648, 2147483647)),
      );
    default: {
      const plain = fc.float({ min: -100, max: 100, noNaN: true });
      const any = fc.oneof(plain, fc.constantFrom(...odd), fc.integer({ min: -5, max: 5 }));
      return some(special ? any : plain);
    }
  }
}

/** NaN equals NaN, 0 and −0 differ. */
export function sameBits(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}
