/**
 * Runs a kernel by itself, on memory of its own and one thread: for tests and measurements.
 */

import { ModuleBuilder } from "../assembler/index.ts";
import { alignLine, type Extents, type Kernel } from "./kernel.ts";

export type TaskRange = readonly [t0: number, t1: number];

export interface Alone {
  /** Runs all stages; `order` may cut and reorder the tasks of each stage. */
  run(order?: (tasks: number, stage: number) => readonly TaskRange[]): void;
  /** A view of the operand or shared buffer of that name. */
  read(name: string): Float32Array;
  /** Number of tasks of each stage. */
  readonly tasks: readonly number[];
}

const PAGE = 65536;

/**
 * @param operands contents by parameter name; shared scratch buffers of the kernel are added, filled with NaN
 * @param scalars further arguments that are numbers, not memory
 * @param compile how to compile the module; wide kernels want their vectors joined
 */
export function runAlone(
  kernel: Kernel,
  operands: Readonly<Record<string, Float32Array>>,
  extents: Extents,
  scalars: Readonly<Record<string, number>> = {},
  compile: (bytes: Uint8Array) => WebAssembly.Module = (bytes) =>
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>),
): Alone {
  const { shared, local } = kernel.scratch(extents);
  const places = new Map<string, { start: number; length: number }>();
  let end = 4096;
  const place = (name: string, bytes: number): void => {
    places.set(name, { start: end, length: bytes / 4 });
    end += alignLine(bytes) + 192;
  };
  for (const [name, content] of Object.entries(operands)) place(name, content.byteLength);
  for (const [name, bytes] of Object.entries(shared)) place(name, bytes);
  place("local", local);
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const view = (name: string): Float32Array => {
    const found = places.get(name);
    if (found === undefined) throw new Error(`no buffer ${name}`);
    return new Float32Array(memory.buffer, found.start, found.length);
  };
  new Float32Array(memory.buffer).fill(Number.NaN);
  for (const [name, content] of Object.entries(operands)) view(name).set(content);

  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  for (const stage of kernel.stages) stage.define(module);
  const { exports } = new WebAssembly.Instance(compile(module.toBytes()), { env: { memory } });
  const values = (name: string): number => {
    const value = places.get(name)?.start ?? extents[name] ?? scalars[name];
    if (value === undefined) throw new Error(`no value for parameter ${name}`);
    return value;
  };
  const launches = kernel.stages.map((stage) => ({
    call: exports[stage.key] as (...values: number[]) => void,
    values: stage.parameters.map(({ name }) => values(name)),
    tasks: stage.tasks(extents),
  }));
  return {
    tasks: launches.map((launch) => launch.tasks),
    read: view,
    run: (order = (tasks) => [[0, tasks]]) => {
      launches.forEach(({ call, values, tasks }, stage) => {
        for (const [t0, t1] of order(tasks, stage)) call(...values, t0, t1);
      });
    },
  };
}
