/**
 * A program made ready: every kernel generated, every argument resolved to an address, so that a run is a list of calls.
 */

import {
  type Bindings,
  type Buffer,
  byteSize,
  callHost,
  type DType,
  type HostArray,
  type HostKernel,
  HostValue,
  type Kernel,
  type Operand,
  type PreparedProgram,
  type Program,
  sizeOf,
  type TypedArray,
  type Value,
} from "@prewitt/core";
import type { CodeOptions } from "../kernels/kernel.ts";
import { ErrorWords } from "./error-words.ts";
import type { WasmExecutor } from "./executor.ts";
import type { Holding } from "./holdings.ts";
import { KeptForms } from "./kept-forms.ts";
import { type Launch, Launches } from "./launches.ts";
import type { LoweredKernel } from "./lowered.ts";
import { lowerKernel } from "./lowerings.ts";
import { bytesOf, firstCommit, writtenVariables } from "./program-facts.ts";
import type { WasmStorage } from "./storage.ts";
import { TunedKernels } from "./tuned-kernels.ts";

export class WasmProgram implements PreparedProgram {
  readonly program: Program;
  readonly #executor: WasmExecutor;
  readonly #kernels: TunedKernels;
  readonly #launches: Launches;
  /** Whether the launches are those of the kernels that run now. */
  #launched = false;
  /** Address of every buffer, by number. */
  readonly #base: number[];
  /** What the inputs were copied from last. */
  #bound: (TypedArray | undefined)[] = [];
  readonly #forms: KeptForms;
  /** Numbers of the variables that the program writes. */
  readonly #written: readonly number[];
  readonly #errors: ErrorWords;
  /** Memory of the inputs, then of the errors. */
  #holding: Holding | undefined;
  readonly #firstCommit: number;
  #epoch = -1;

  constructor(executor: WasmExecutor, program: Program) {
    this.#executor = executor;
    this.program = program;
    this.#base = program.buffers.map(() => -1);
    this.#written = writtenVariables(program);
    this.#forms = new KeptForms(program, this.#written, executor.forms, executor.traits.memoryLimit);
    const context = {
      precision: executor.precision,
      dtypeOf: (operand: Operand) => this.#dtype(operand),
      writerOf: (operand: Operand) => program.kernels.find((k) => k.writes.some((w) => w.buffer === operand.buffer)),
      isLasting: (operand: Operand) => this.#forms.isLasting(operand.buffer),
    };
    const lower = (number: number, options: CodeOptions): LoweredKernel | undefined => {
      const kernel = program.kernels[number] as Kernel;
      return kernel.kind === "host" ? undefined : lowerKernel(kernel, { ...context, options });
    };
    this.#kernels = new TunedKernels(executor, program.kernels.length, lower);
    this.#errors = new ErrorWords(program, executor.heap);
    this.#forms.watch(this.#lowered);
    this.#firstCommit = firstCommit(program);
    this.#launches = new Launches(executor.functions, executor.parallelWork);
    executor.releaseWith(this, [this.#forms.held, this.#launches.code]);
    this.#launch();
  }

  get #lowered(): readonly (LoweredKernel | undefined)[] {
    return this.#kernels.lowered;
  }

  /** The variant of every kernel, in order; it may change while kernels are tuned. */
  get variants(): readonly string[] {
    return this.#lowered.map((l) => l?.kernel.variant ?? "host");
  }

  /** Makes the launches of the kernels that run now. */
  #launch(): void {
    this.#launches.make(this.program, this.#lowered);
    this.#launched = true;
    this.#epoch = -1;
  }

  /** Gives every parameter its value; done again only when memory has moved. */
  #resolve(): void {
    const launches = this.#launches;
    const arena = this.#executor.reserve("arena", this.program.arena);
    const scratch = this.#executor.reserve("scratch", launches.scratchBytes);
    const local = this.#executor.reserveLocal(launches.localBytes);
    // Last: whatever else takes memory may drop forms.
    const forms = this.#forms.take(this.#lowered, launches.shared);
    for (const b of this.program.buffers)
      if (b.role === "temporary" && b.offset >= 0) this.#base[b.id] = arena + b.offset;
    launches.place({
      scratch,
      local,
      forms,
      addressOf: (operand) => this.#address(operand),
      errorsOf: (kernel) => this.#errors.addressOf(kernel),
    });
    this.#epoch = this.#executor.epoch;
  }

  /** Gives kept forms and code back, for a program that will hardly run again; a later run makes them anew. */
  release(): void {
    this.#forms.release();
    this.#launches.release();
    this.#launched = false;
  }

  #address(operand: Operand): number {
    return (this.#base[operand.buffer] as number) + operand.offset * byteSize(this.#dtype(operand));
  }

  #dtype(operand: Operand): DType {
    return (this.program.buffers[operand.buffer] as Buffer).dtype;
  }

  run(bindings: Bindings): readonly Value[] {
    const { heap, profile } = this.#executor;
    const { program } = this;
    // A profile sees one variant of every kernel.
    const tuning = profile === undefined;
    const changed = tuning && this.#kernels.choose();
    if (changed) this.#forms.watch(this.#lowered);
    if (changed || !this.#launched) this.#launch();
    this.#bind(bindings);
    if (this.#errors.needed) this.#errors.clear();
    let checked = !this.#errors.needed;
    for (const launch of this.#launches.list) {
      if (typeof launch === "number") {
        this.#callHost(program.kernels[launch] as HostKernel);
        continue;
      }
      if (!checked && launch.kernel >= this.#firstCommit) {
        this.#errors.check();
        checked = true;
      }
      if (launch.form?.current === true) continue;
      if (profile !== undefined) profile.measure(this, launch.kernel, launch.last, () => this.#call(launch));
      else if (this.#kernels.times(launch.kernel)) this.#time(launch);
      else this.#call(launch);
      launch.form?.made();
    }
    if (!checked) this.#errors.check();
    if (tuning) this.#kernels.record();
    for (const { variable, value } of program.assigns) {
      const target = bindings.variables[variable] as WasmStorage;
      const from = this.#address(value);
      if (from !== target.address)
        heap.u8.copyWithin(target.address, from, from + target.length * byteSize(target.dtype));
    }
    return program.outputs.map(
      (o) => new HostValue(this.#dtype(o), heap.copyOut(this.#dtype(o), this.#address(o), sizeOf(o.shape))),
    );
  }

  #call(launch: Launch): void {
    if (launch.parallel) this.#executor.pool.run(launch);
    else launch.call(...launch.values, 0, launch.tasks);
  }

  /** Forms that are kept are made once, and so do not count. */
  #time(launch: Launch): void {
    const start = performance.now();
    this.#call(launch);
    if (launch.form === undefined) this.#kernels.add(launch.kernel, performance.now() - start);
  }

  /** Floating-point operations of a kernel. */
  flopsOf(kernel: number): number {
    const lowered = this.#lowered[kernel];
    return lowered === undefined ? 0 : lowered.kernel.flops(lowered.extents);
  }

  /** Bytes of the buffers that a kernel touches. */
  bytesOf(kernel: number): number {
    return bytesOf(this.program, kernel);
  }

  #bind(bindings: Bindings): void {
    const { heap } = this.#executor;
    const { inputs, variables } = this.program;
    let moved = this.#hold() || this.#epoch !== this.#executor.epoch;
    for (let i = 0; i < variables.length; i++) {
      const { buffer } = variables[i] as { buffer: number };
      const { address, contents } = bindings.variables[i] as WasmStorage;
      moved = this.#forms.bind(buffer, contents) || moved;
      if (this.#base[buffer] === address) continue;
      this.#base[buffer] = address;
      moved = true;
    }
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as (typeof inputs)[number];
      const array = bindings.inputs[i] as TypedArray;
      if (this.#bound[i] === array && input.source !== "argument") continue;
      heap.write(array, input.dtype, this.#base[input.buffer] as number);
      this.#bound[i] = array;
      this.#forms.wrote(input.buffer);
    }
    for (const i of this.#written) (bindings.variables[i] as WasmStorage).contents.version++;
    moved = this.#forms.settle() || moved;
    if (moved) this.#resolve();
  }

  /** Makes sure that inputs and errors have memory; whether it is new. */
  #hold(): boolean {
    const { holdings } = this.#executor;
    if (this.#holding?.live === true) {
      holdings.touch(this.#holding);
      return false;
    }
    const { inputs } = this.program;
    const sizes = inputs.map(({ shape, dtype }) => sizeOf(shape) * byteSize(dtype));
    const holding = holdings.take(this, [...sizes, this.#errors.bytes]);
    this.#holding = holding;
    this.#bound = holding.bound;
    inputs.forEach(({ buffer }, i) => {
      this.#base[buffer] = holding.addresses[i] as number;
    });
    this.#errors.address = holding.addresses[inputs.length] as number;
    return true;
  }

  #callHost(kernel: HostKernel): void {
    const { heap } = this.#executor;
    const copyIn = (o: Operand): HostArray => ({
      shape: o.shape,
      data: heap.copyOut(this.#dtype(o), this.#address(o), sizeOf(o.shape)),
    });
    const writes = kernel.writes.map(copyIn);
    callHost(kernel, kernel.reads.map(copyIn), writes);
    kernel.writes.forEach((o, i) => {
      heap.write((writes[i] as HostArray).data, this.#dtype(o), this.#address(o));
    });
  }
}
