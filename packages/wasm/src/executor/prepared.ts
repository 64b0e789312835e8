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
  type Operand,
  type PreparedProgram,
  type Program,
  type Kernel as ProgramKernel,
  sizeOf,
  type TypedArray,
  type Value,
} from "@prewitt/core";
import type { Stage } from "../kernels/kernel.ts";
import type { DerivedForm } from "./derived.ts";
import { raiseError, usesErrors } from "./errors.ts";
import type { WasmExecutor } from "./executor.ts";
import type { CompiledStage } from "./functions.ts";
import type { Holding } from "./holdings.ts";
import { KeptForms, type SharedScratch } from "./kept-forms.ts";
import type { LoweredKernel } from "./lowered.ts";
import { lowerKernel } from "./lowerings.ts";
import type { WasmStorage } from "./storage.ts";
import { TunedKernels } from "./tuned-kernels.ts";

const ERROR_BYTES = 16;

/** One stage of one kernel, with all its values. */
interface Launch {
  readonly call: CompiledStage["call"];
  readonly id: number;
  readonly stage: Stage;
  /** Whether it is the last of its kernel. */
  readonly last: boolean;
  readonly kernel: number;
  readonly tasks: number;
  readonly parallel: boolean;
  readonly localPlace: number;
  /** The form that this stage makes, where it is kept: then the stage runs only when the form is out of date. */
  form: DerivedForm | undefined;
  /** Set when addresses are known; ends with the task range for calls on the main thread. */
  values: number[];
}

export class WasmProgram implements PreparedProgram {
  readonly program: Program;
  readonly #executor: WasmExecutor;
  readonly #kernels: TunedKernels;
  readonly #launches: (Launch | number)[] = [];
  /** Address of every buffer, by number. */
  readonly #base: number[];
  /** What the inputs were copied from last. */
  #bound: (TypedArray | undefined)[] = [];
  #shared: readonly SharedScratch[] = [];
  #scratchBytes = 0;
  #localBytes = 0;
  readonly #forms: KeptForms;
  /** Numbers of the variables that the program writes. */
  readonly #written: readonly number[];
  #errors = 0;
  /** Memory of the inputs, then of the errors. */
  #holding: Holding | undefined;
  readonly #errorKernels: readonly number[];
  readonly #firstCommit: number;
  #epoch = -1;

  constructor(executor: WasmExecutor, program: Program) {
    this.#executor = executor;
    this.program = program;
    this.#base = program.buffers.map(() => -1);
    this.#written = writtenVariables(program);
    this.#forms = new KeptForms(program, this.#written, executor.forms, executor.traits.memoryLimit);
    const context = {
      options: executor.code,
      precision: executor.precision,
      dtypeOf: (operand: Operand) => (program.buffers[operand.buffer] as Buffer).dtype,
      writerOf: (operand: Operand) => program.kernels.find((k) => k.writes.some((w) => w.buffer === operand.buffer)),
      isLasting: (operand: Operand) => this.#forms.isLasting(operand.buffer),
    };
    const defaults = program.kernels.map((kernel) =>
      kernel.kind === "host" ? undefined : lowerKernel(kernel, context),
    );
    this.#kernels = new TunedKernels(executor.tuner, executor.functions, defaults);
    this.#errorKernels = program.kernels.flatMap((kernel, i) => (usesErrors(kernel) ? [i] : []));
    this.#forms.watch(defaults);
    this.#firstCommit = firstCommit(program);
    this.#makeLaunches();
    executor.releaseWith(this, this.#forms.held);
  }

  get #lowered(): readonly (LoweredKernel | undefined)[] {
    return this.#kernels.lowered;
  }

  /** The variant of every kernel, in order; it may change while kernels are tuned. */
  get variants(): readonly string[] {
    return this.#lowered.map((l) => l?.kernel.variant ?? "host");
  }

  #makeLaunches(): void {
    const scratch = this.#lowered.map((l) => l?.kernel.scratch(l.extents) ?? { shared: {}, local: 0 });
    this.#shared = scratch.map((s) => s.shared);
    this.#scratchBytes = Math.max(
      0,
      ...this.#shared.map((shared) => Object.values(shared).reduce((sum, n) => sum + align(n), 0)),
    );
    this.#localBytes = Math.max(0, ...scratch.map((s) => s.local));
    this.#launches.length = 0;
    this.#lowered.forEach((lowered, i) => {
      if (lowered === undefined) {
        this.#launches.push(i);
        return;
      }
      const { kernel, extents } = lowered;
      const work = Math.max(kernel.flops(extents), bytesOf(this.program, this.program.kernels[i] as ProgramKernel));
      for (const stage of kernel.stages) {
        const { call, id } = this.#executor.functions.get(stage.key);
        const tasks = stage.tasks(extents);
        const localPlace = stage.parameters.findIndex((p) => p.name === "local");
        this.#launches.push({
          call,
          id,
          stage,
          last: stage === kernel.stages.at(-1),
          kernel: i,
          tasks,
          parallel: tasks > 1 && work >= this.#executor.parallelWork,
          localPlace,
          form: undefined,
          values: [],
        });
      }
    });
  }

  /** Gives every parameter its value; done again only when memory has moved. */
  #resolve(): void {
    const arena = this.#executor.reserve("arena", this.program.arena);
    const scratch = this.#executor.reserve("scratch", this.#scratchBytes);
    const local = this.#executor.reserveLocal(this.#localBytes);
    // Last: whatever else takes memory may drop forms.
    const forms = this.#forms.take(this.#lowered, this.#shared);
    for (const b of this.program.buffers)
      if (b.role === "temporary" && b.offset >= 0) this.#base[b.id] = arena + b.offset;
    for (const launch of this.#launches) {
      if (typeof launch === "number") continue;
      const lowered = this.#lowered[launch.kernel] as LoweredKernel;
      const form = forms.get(launch.kernel);
      const shared = this.#placeScratch(launch.kernel, scratch, form);
      launch.form = launch.stage === lowered.kernel.stages[0] ? form : undefined;
      launch.values = launch.stage.parameters.map(({ name }) => {
        if (name === "local") return local;
        if (name === "errors") return this.#errors + this.#errorKernels.indexOf(launch.kernel) * ERROR_BYTES;
        const operand = lowered.operands[name];
        if (operand !== undefined) return this.#address(operand);
        const value = shared.get(name) ?? lowered.extents[name];
        if (value === undefined) throw new Error(`${launch.stage.key}: no value for the parameter ${name}`);
        return value;
      });
    }
    this.#epoch = this.#executor.epoch;
  }

  /** Addresses of a kernel's shared scratch by name, the kept form among them. */
  #placeScratch(kernel: number, start: number, form: DerivedForm | undefined): Map<string, number> {
    const kept = form === undefined ? undefined : this.#lowered[kernel]?.packing?.target;
    const places = new Map<string, number>();
    let at = start;
    for (const [name, bytes] of Object.entries(this.#shared[kernel] ?? {})) {
      if (name === kept) {
        places.set(name, form?.address as number);
        continue;
      }
      places.set(name, at);
      at += align(bytes);
    }
    return places;
  }

  /** Gives the kept forms back, for a program that will hardly run again; a later run makes them anew. */
  release(): void {
    this.#forms.release();
    this.#epoch = -1;
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
    if (tuning && this.#kernels.choose()) {
      this.#makeLaunches();
      this.#epoch = -1;
    }
    this.#bind(bindings);
    if (this.#errorKernels.length > 0)
      heap.i32.fill(0, this.#errors >>> 2, (this.#errors + this.#errorKernels.length * ERROR_BYTES) >>> 2);
    let checked = this.#errorKernels.length === 0;
    for (const launch of this.#launches) {
      if (typeof launch === "number") {
        this.#callHost(program.kernels[launch] as HostKernel);
        continue;
      }
      if (!checked && launch.kernel >= this.#firstCommit) {
        this.#check();
        checked = true;
      }
      if (launch.form?.current === true) continue;
      if (profile !== undefined) profile.measure(this, launch.kernel, launch.last, () => this.#launch(launch));
      else if (this.#kernels.times(launch.kernel)) this.#time(launch);
      else this.#launch(launch);
      launch.form?.made();
    }
    if (!checked) this.#check();
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

  #launch(launch: Launch): void {
    if (launch.parallel) this.#executor.pool.run(launch);
    else launch.call(...launch.values, 0, launch.tasks);
  }

  /** Forms that are kept are made once, and so do not count. */
  #time(launch: Launch): void {
    const start = performance.now();
    this.#launch(launch);
    if (launch.form === undefined) this.#kernels.add(launch.kernel, performance.now() - start);
  }

  /** Floating-point operations of a kernel. */
  flopsOf(kernel: number): number {
    const lowered = this.#lowered[kernel];
    return lowered === undefined ? 0 : lowered.kernel.flops(lowered.extents);
  }

  /** Bytes of the buffers that a kernel touches. */
  bytesOf(kernel: number): number {
    return bytesOf(this.program, this.program.kernels[kernel] as ProgramKernel);
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
    const holding = holdings.take(this, [...sizes, this.#errorKernels.length * ERROR_BYTES]);
    this.#holding = holding;
    this.#bound = holding.bound;
    inputs.forEach(({ buffer }, i) => {
      this.#base[buffer] = holding.addresses[i] as number;
    });
    this.#errors = holding.addresses[inputs.length] as number;
    return true;
  }

  #check(): void {
    const words = this.#executor.heap.i32;
    this.#errorKernels.forEach((kernel, i) => {
      const at = (this.#errors + i * ERROR_BYTES) >>> 2;
      if (words[at] !== 0)
        raiseError(this.program, this.program.kernels[kernel] as ProgramKernel, words.slice(at, at + 4));
    });
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

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Numbers of the variables that some kernel or assignment writes. */
function writtenVariables(program: Program): number[] {
  const buffers = new Set(program.kernels.flatMap((kernel) => kernel.writes.map((w) => w.buffer)));
  const assigned = new Set(program.assigns.map((a) => a.variable));
  return program.variables.flatMap(({ buffer }, i) => (buffers.has(buffer) || assigned.has(i) ? [i] : []));
}

function bytesOf(program: Program, kernel: ProgramKernel): number {
  let bytes = 0;
  for (const o of [...kernel.reads, ...kernel.writes]) {
    const buffer = program.buffers[o.buffer] as Buffer;
    bytes += sizeOf(buffer.shape) * byteSize(buffer.dtype);
  }
  return bytes;
}

/** The first kernel that writes a variable's memory: errors must be known before. */
function firstCommit(program: Program): number {
  const at = program.kernels.findIndex((kernel) =>
    kernel.writes.some((w) => (program.buffers[w.buffer] as Buffer).role === "variable"),
  );
  return at < 0 ? program.kernels.length : at;
}
