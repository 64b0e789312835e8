/**
 * The checking mode: an executor that runs every program on a fast executor and has each kernel's results confirmed by
 * the reference, on the very values that the fast executor's kernel read. So errors do not add up, a bound stated for a
 * kind of kernel holds for each kernel alone, and the first divergence names the kernel at fault.
 *
 * A run goes over the program twice. The first pass keeps every intermediate value and changes no variable; it is what is
 * compared. The second is the program as planned, whose results and new variables must have the first one's bits: else
 * the plan of memory, or the executor's bookkeeping, is at fault.
 */

import { DivergenceError } from "../../errors/errors.ts";
import { checkMemory } from "../../plan/check-memory.ts";
import { allReads, type Kernel } from "../../program/kernels.ts";
import type { Buffer, Program } from "../../program/program.ts";
import { type KernelTolerance, kernelTolerance } from "../../program/tolerance.ts";
import { referenceExecutor } from "../../reference/executor.ts";
import type { DType, TypedArray } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Bindings, Executor, ExecutorTraits, PreparedProgram, Storage, Value } from "../executor.ts";
import { type Bound, beyond, divergence, holdsNonFinite, largestOf, placesOf, type Result } from "./compare.ts";
import { isExact, perturbations } from "./slack.ts";
import { type SpreadProgram, single, spread } from "./spread.ts";

/**
 * An executor that computes with `fast` and compares every kernel with the reference. Slow: for finding what is wrong,
 * not for training. Throws `DivergenceError` at the first kernel beyond the bound stated for its kind, before any
 * variable is assigned: with op, module path, values, error and bound, and the user's line.
 *
 * @example using _ = useExecutor(checkingExecutor(wasmExecutor()));
 */
export function checkingExecutor(fast: Executor): Executor {
  return new CheckingExecutor(fast);
}

class CheckingExecutor implements Executor {
  readonly name = "checking";
  readonly traits: ExecutorTraits;
  readonly fast: Executor;
  readonly reference: Executor = referenceExecutor({ fuse: true });

  constructor(fast: Executor) {
    this.fast = fast;
    this.traits = fast.traits;
  }

  prepare(program: Program): PreparedProgram {
    return new CheckedProgram(this, program);
  }

  createStorage(dtype: DType, length: number): Storage {
    return new CheckedStorage(this, this.fast.createStorage(dtype, length));
  }
}

/** Memory of the fast executor under this executor's name. */
class CheckedStorage implements Storage {
  readonly owner: Executor;
  readonly inner: Storage;

  constructor(owner: Executor, inner: Storage) {
    this.owner = owner;
    this.inner = inner;
  }
  get dtype(): DType {
    return this.inner.dtype;
  }
  get length(): number {
    return this.inner.length;
  }
  read(): Promise<TypedArray> {
    return this.inner.read();
  }
  readSync(): TypedArray {
    return now(this.inner);
  }
  write(data: TypedArray): void {
    this.inner.write(data);
  }
  free(): void {
    this.inner.free?.();
  }
}

const now = (value: Value | undefined): TypedArray => value?.readSync?.() as TypedArray;

class CheckedProgram implements PreparedProgram {
  readonly program: Program;
  readonly #owner: CheckingExecutor;
  readonly #planned: PreparedProgram;
  readonly #spread: SpreadProgram;
  readonly #kept: PreparedProgram;
  /** Programs of one kernel on the reference, by kernel. */
  readonly #singles = new Map<Kernel, { prepared: PreparedProgram; reads: readonly number[] }>();

  constructor(owner: CheckingExecutor, program: Program) {
    this.program = program;
    this.#owner = owner;
    this.#spread = spread(program, owner.traits.alignment);
    checkMemory(this.#spread.program, owner.traits);
    this.#planned = owner.fast.prepare(program);
    this.#kept = owner.fast.prepare(this.#spread.program);
  }

  get variants(): readonly string[] | undefined {
    return this.#planned.variants;
  }

  run(bindings: Bindings): readonly Value[] {
    const variables = bindings.variables.map((v) => (v as CheckedStorage).inner);
    const bound = { inputs: bindings.inputs, variables };
    const before = variables.map((v) => now(v).slice());
    const first = this.#kept.run(bound).map((v) => now(v).slice());
    const arrays = this.#arrays(bindings.inputs, before, first);
    this.#spread.program.kernels.forEach((kernel, i) => {
      this.#check(kernel, i, arrays);
    });
    const values = this.#planned.run(bound);
    const after = [...values, ...variables].map(now);
    after.forEach((data, i) => {
      this.#confirm(data, first[i] as TypedArray, i);
    });
    return values;
  }

  /** All values of the first pass by buffer. */
  #arrays(inputs: readonly TypedArray[], variables: readonly TypedArray[], first: readonly TypedArray[]): TypedArray[] {
    const { program, kept } = this.#spread;
    const arrays: TypedArray[] = [];
    program.inputs.forEach(({ buffer }, i) => {
      arrays[buffer] = inputs[i] as TypedArray;
    });
    program.variables.forEach(({ buffer }, i) => {
      arrays[buffer] = variables[i] as TypedArray;
    });
    const start = first.length - kept.length;
    kept.forEach((buffer, i) => {
      arrays[buffer] = first[start + i] as TypedArray;
    });
    return arrays;
  }

  #check(kernel: Kernel, number: number, arrays: readonly TypedArray[]): void {
    if (kernel.kind === "host" || kernel.writes.every((w) => sizeOf(w.shape) === 0)) return;
    const { program } = this.#spread;
    const arrayOf = (buffer: number): TypedArray => arrays[buffer] as TypedArray;
    const expected = this.#expected(kernel, arrayOf);
    const variant = this.#kept.variants?.[number] ?? "";
    kernel.writes.forEach((operand, w) => {
      const places = placesOf(operand);
      const result: Result = { operand, places, actual: arrayOf(operand.buffer), expected: expected[w] as TypedArray };
      const bound = this.#bound(kernel, result, variant, arrayOf);
      if (beyond(result, bound).length === 0) return;
      const slack = this.#slack(kernel, w, result, bound, arrayOf);
      const elements = beyond(result, { ...bound, slack });
      if (elements.length === 0) return;
      const executor = this.#owner.fast.name;
      throw divergence({ program, kernel, number, variant, executor, result, bound: { ...bound, slack }, elements });
    });
  }

  #bound(kernel: Kernel, { operand, expected }: Result, variant: string, arrayOf: (b: number) => TypedArray): Bound {
    const { dtype } = this.#spread.program.buffers[operand.buffer] as Buffer;
    const none: KernelTolerance = { relative: 0, ofLargest: 0 };
    const stated = isExact(kernel) ? none : kernelTolerance(kernel, dtype, variant);
    if (stated.ofLargest === 0) return { ...stated, largest: 0 };
    const read = largestOf(allReads(kernel), arrayOf);
    const written = largestOf([operand], () => expected);
    const spreads = kernel.kind === "conv" && kernel.reads.some((o) => holdsNonFinite(o, arrayOf(o.buffer)));
    return { ...stated, largest: Math.max(read, written), spreads };
  }

  /** What the reference makes of the same reads, in the order of memory. */
  #expected(kernel: Kernel, arrayOf: (buffer: number) => TypedArray): TypedArray[] {
    let known = this.#singles.get(kernel);
    if (known === undefined) {
      known = this.#prepareSingle(kernel);
      this.#singles.set(kernel, known);
    }
    return known.prepared.run({ inputs: known.reads.map(arrayOf), variables: [] }).map(now);
  }

  #prepareSingle(kernel: Kernel): { prepared: PreparedProgram; reads: readonly number[] } {
    const { reference } = this.#owner;
    const { program, reads } = single(this.#spread.program, kernel, reference.traits.alignment);
    return { prepared: reference.prepare(program), reads };
  }

  #slack(
    kernel: Kernel,
    write: number,
    { places, expected }: Result,
    bound: Bound,
    arrayOf: (buffer: number) => TypedArray,
  ): Float64Array | undefined {
    const { dtype } = this.#spread.program.buffers[(kernel.writes[write] as { buffer: number }).buffer] as Buffer;
    const sums = dtype === "float32" || dtype === "float64" ? bound : kernelTolerance(kernel, "float32");
    const slack = new Float64Array(places.length);
    const largest = largestOf(allReads(kernel), arrayOf);
    for (const pair of perturbations(kernel, sums, largest)) {
      const changed = pair.map((k) => {
        const { prepared, reads } = this.#prepareSingle(k);
        return now(prepared.run({ inputs: reads.map(arrayOf), variables: [] })[write]);
      });
      places.forEach((at, i) => {
        const changes = changed.map((data) => Math.abs((data[at] as number) - (expected[at] as number)));
        (slack[i] as number) += Math.max(...changes);
      });
    }
    return slack;
  }

  /** The program as planned against the pass that keeps everything. */
  #confirm(actual: TypedArray, expected: TypedArray, i: number): void {
    const at = actual.findIndex((value, k) => !Object.is(value, expected[k]));
    if (at < 0) return;
    const outputs = this.program.outputs.length;
    const what =
      i < outputs ? `output ${i}` : `the new value of the variable ${this.program.variables[i - outputs]?.name}`;
    throw new DivergenceError({
      summary: `${this.#owner.fast.name} gives other values when memory is shared: ${what} differs`,
      problems: [`element ${at} is ${actual[at]}, with memory of its own for every value it is ${expected[at]}`],
      fix: "report this; variables have been assigned",
    });
  }
}
