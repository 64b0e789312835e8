/**
 * A program made ready: every kernel generated, every argument resolved to an address, so that a run is a list of calls.
 */

import {
  type Bindings,
  type Buffer,
  byteSize,
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
import { raiseError, usesErrors } from "./errors.ts";
import type { WasmExecutor } from "./executor.ts";
import type { CompiledStage } from "./functions.ts";
import type { LoweredKernel } from "./lowered.ts";
import { lowerKernel } from "./lowerings.ts";
import type { WasmStorage } from "./storage.ts";

/** Work under this many operations or bytes is done by the main thread alone. */
const PARALLEL_WORK = 300_000;
const ERROR_BYTES = 16;

/** One stage of one kernel, with all its values. */
interface Launch {
  readonly call: CompiledStage["call"];
  readonly id: number;
  readonly stage: Stage;
  readonly kernel: number;
  readonly tasks: number;
  readonly parallel: boolean;
  readonly localPlace: number;
  /** Set when addresses are known; ends with the task range for calls on the main thread. */
  values: number[];
}

export class WasmProgram implements PreparedProgram {
  readonly program: Program;
  /** The variant of every kernel, in order. */
  readonly variants: readonly string[];
  readonly #executor: WasmExecutor;
  readonly #lowered: readonly (LoweredKernel | undefined)[];
  readonly #launches: (Launch | number)[] = [];
  /** Address of every buffer, by number. */
  readonly #base: number[];
  readonly #bound: (TypedArray | undefined)[];
  readonly #scratchBytes: number;
  readonly #localBytes: number;
  readonly #errors: number;
  readonly #errorKernels: readonly number[];
  readonly #firstCommit: number;
  #epoch = -1;

  constructor(executor: WasmExecutor, program: Program) {
    this.#executor = executor;
    this.program = program;
    this.#base = program.buffers.map(() => -1);
    this.#bound = program.inputs.map(() => undefined);
    const context = {
      options: executor.code,
      precision: executor.precision,
      dtypeOf: (operand: Operand) => (program.buffers[operand.buffer] as Buffer).dtype,
      writerOf: (operand: Operand) => program.kernels.find((k) => k.writes.some((w) => w.buffer === operand.buffer)),
    };
    this.#lowered = program.kernels.map((kernel) =>
      kernel.kind === "host" ? undefined : lowerKernel(kernel, context),
    );
    this.variants = this.#lowered.map((l) => l?.kernel.variant ?? "host");
    executor.functions.add(this.#lowered.flatMap((l) => l?.kernel.stages ?? []));
    for (const input of program.inputs)
      this.#base[input.buffer] = executor.heap.allocate(sizeOf(input.shape) * byteSize(input.dtype));
    this.#errorKernels = program.kernels.flatMap((kernel, i) => (usesErrors(kernel) ? [i] : []));
    this.#errors =
      this.#errorKernels.length === 0 ? 0 : executor.heap.allocate(this.#errorKernels.length * ERROR_BYTES);
    const scratch = this.#lowered.map((l) => l?.kernel.scratch(l.extents) ?? { shared: {}, local: 0 });
    this.#scratchBytes = Math.max(
      0,
      ...scratch.map((s) => Object.values(s.shared).reduce((sum, n) => sum + align(n), 0)),
    );
    this.#localBytes = Math.max(0, ...scratch.map((s) => s.local));
    this.#firstCommit = firstCommit(program);
    this.#makeLaunches();
  }

  #makeLaunches(): void {
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
          kernel: i,
          tasks,
          parallel: tasks > 1 && work >= PARALLEL_WORK,
          localPlace,
          values: [],
        });
      }
    });
  }

  /** Gives every parameter its value; done again only when memory has moved. */
  #resolve(): void {
    const { pool } = this.#executor;
    const arena = this.#executor.reserve("arena", this.program.arena);
    const scratch = this.#executor.reserve("scratch", this.#scratchBytes);
    const local = pool.reserveLocal(this.#localBytes);
    for (const b of this.program.buffers)
      if (b.role === "temporary" && b.offset >= 0) this.#base[b.id] = arena + b.offset;
    for (const launch of this.#launches) {
      if (typeof launch === "number") continue;
      const lowered = this.#lowered[launch.kernel] as LoweredKernel;
      const shared = placeScratch(lowered, scratch);
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

  #address(operand: Operand): number {
    return (this.#base[operand.buffer] as number) + operand.offset * byteSize(this.#dtype(operand));
  }

  #dtype(operand: Operand): DType {
    return (this.program.buffers[operand.buffer] as Buffer).dtype;
  }

  run(bindings: Bindings): readonly Value[] {
    const { heap, profile } = this.#executor;
    const { program } = this;
    this.#bind(bindings);
    if (this.#errors !== 0)
      heap.i32.fill(0, this.#errors >>> 2, (this.#errors + this.#errorKernels.length * ERROR_BYTES) >>> 2);
    let checked = this.#errors === 0;
    for (const launch of this.#launches) {
      if (typeof launch === "number") {
        this.#callHost(program.kernels[launch] as HostKernel);
        continue;
      }
      if (!checked && launch.kernel >= this.#firstCommit) {
        this.#check();
        checked = true;
      }
      if (profile !== undefined) profile.measure(this, launch.kernel, () => this.#launch(launch));
      else this.#launch(launch);
    }
    if (!checked) this.#check();
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
    let moved = this.#epoch !== this.#executor.epoch;
    for (let i = 0; i < variables.length; i++) {
      const { buffer } = variables[i] as { buffer: number };
      const { address } = bindings.variables[i] as WasmStorage;
      if (this.#base[buffer] === address) continue;
      this.#base[buffer] = address;
      moved = true;
    }
    if (moved) this.#resolve();
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as (typeof inputs)[number];
      const array = bindings.inputs[i] as TypedArray;
      if (this.#bound[i] === array && input.source !== "argument") continue;
      heap.write(array, input.dtype, this.#base[input.buffer] as number);
      this.#bound[i] = array;
    }
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
    kernel.call(kernel.reads.map(copyIn), writes);
    kernel.writes.forEach((o, i) => {
      heap.write((writes[i] as HostArray).data, this.#dtype(o), this.#address(o));
    });
  }
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

function placeScratch({ kernel, extents }: LoweredKernel, start: number): Map<string, number> {
  const places = new Map<string, number>();
  let at = start;
  for (const [name, bytes] of Object.entries(kernel.scratch(extents).shared)) {
    places.set(name, at);
    at += align(bytes);
  }
  return places;
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
