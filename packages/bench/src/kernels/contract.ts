/**
 * Speed of matrix-product kernels on one thread, by shape: GFLOP/s and microseconds a call, best and median, after the
 * engine has settled. Arguments pick shapes by name; `--variant '{"tileRows":4}'` forces choices, `--plain` leaves
 * relaxed SIMD out.
 *
 *     node packages/bench/src/kernels/contract.ts 512 linear --variant '{"packA":false}'
 */

import { parseArgs } from "node:util";
import { type ContractSpec, type ContractVariant, contractKernel, ModuleBuilder } from "@prewitt/wasm/kernels";

/** Operands as layers have them: forward (weights [n, k]), gradient of the input, gradient of the weights. */
type Form = "forward" | "plain" | "weights";
type Case = readonly [name: string, form: Form, m: number, k: number, n: number];

const cases: readonly Case[] = [
  ["512", "plain", 512, 512, 512],
  ["512 forward", "forward", 512, 512, 512],
  ["512 weights", "weights", 512, 512, 512],
  ["1024", "plain", 1024, 1024, 1024],
  ["linear 3136-128 forward", "forward", 64, 3136, 128],
  ["linear 3136-128 input gradient", "plain", 64, 128, 3136],
  ["linear 3136-128 weight gradient", "weights", 128, 64, 3136],
  ["linear 128-10 forward", "forward", 64, 128, 10],
  ["linear 128-10 input gradient", "plain", 64, 10, 128],
  ["linear 128-10 weight gradient", "weights", 10, 64, 128],
  ["head 512-10 forward", "forward", 32, 512, 10],
  ["head 512-10 input gradient", "plain", 32, 10, 512],
  ["head 512-10 weight gradient", "weights", 10, 32, 512],
  ["1x1 256-64 forward", "forward", 12544, 256, 64],
  ["1x1 256-64 input gradient", "plain", 12544, 64, 256],
  ["1x1 256-64 weight gradient", "weights", 64, 12544, 256],
  ["1x1 256-256 forward", "forward", 2048, 256, 256],
  ["1x1 256-256 input gradient", "plain", 2048, 256, 256],
  ["1x1 256-256 weight gradient", "weights", 256, 2048, 256],
  ["1x1 64-128 forward", "forward", 8192, 64, 128],
  ["tiny 2-16 forward", "forward", 4, 2, 16],
  ["tiny 2-16 weight gradient", "weights", 16, 4, 2],
  ["tiny 16-1 forward", "forward", 4, 16, 1],
  ["tiny 16-1 input gradient", "plain", 4, 1, 16],
  ["tiny 16-1 weight gradient", "weights", 1, 4, 16],
  ["tiny 1 by 64-10", "forward", 1, 64, 10],
];

const PAGE = 65536;

function specOf(form: Form, m: number, k: number, n: number): Omit<ContractSpec, "relaxed"> {
  const aStrides = form === "weights" ? [1, m] : [k, 1];
  const bStrides = form === "forward" ? [1, k] : [n, 1];
  return { m, n, k, aStrides, bStrides, cStrides: [n, 1] };
}

/** The kernel's calls, on memory of its own. */
function prepare(spec: ContractSpec): { calls: Call[]; flops: number; variant: string } {
  const kernel = contractKernel(spec);
  const { extents } = kernel;
  const { shared, local } = kernel.scratch(extents);
  const places = new Map<string, number>();
  let end = 4096;
  const { m, n, k } = spec;
  for (const [name, bytes] of [
    ["a", m * k * 4],
    ["b", k * n * 4],
    ["c", m * n * 4],
    ...Object.entries(shared),
    ["local", local],
  ] as [string, number][]) {
    places.set(name, end);
    end += Math.ceil(bytes / 64) * 64 + 192;
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE), maximum: 65536, shared: true });
  const words = new Float32Array(memory.buffer);
  for (let i = 1024; i < words.length; i++) words[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;
  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  for (const stage of kernel.stages) stage.define(module);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } });
  const calls = kernel.stages.map((stage) => ({
    call: exports[stage.key] as Call["call"],
    values: stage.parameters.map(({ name }) => places.get(name) ?? extents[name]!),
    tasks: stage.tasks(extents),
  }));
  return { calls, flops: kernel.flops(extents), variant: kernel.variant };
}

interface Call {
  readonly call: (...values: number[]) => void;
  readonly values: readonly number[];
  readonly tasks: number;
}

interface Timing {
  readonly best: number;
  readonly median: number;
  /** Best of each stage; of short runs not known. */
  readonly stages: readonly number[];
}

/**
 * Microseconds a run: median, and best. Long runs are timed in pieces of some tasks, and best is the sum of each piece's
 * best: whole runs without any disturbance are rare on a busy machine.
 */
function time(calls: readonly Call[], seconds: number): Timing {
  const run = (): void => {
    for (const { call, values, tasks } of calls) call(...values, 0, tasks);
  };
  const settle = performance.now() + 500;
  for (let i = 0; i < 60 || performance.now() < settle; i++) run();
  let estimate = Infinity;
  for (let i = 0; i < 5; i++) {
    const t = performance.now();
    run();
    estimate = Math.min(estimate, performance.now() - t);
  }
  const stop = performance.now() + seconds * 1e3;
  const samples: number[] = [];
  const stages = calls.map(() => 0);
  let best = Infinity;
  if (estimate < 0.3) {
    const count = Math.max(1, Math.round(0.2 / Math.max(1e-5, estimate)));
    while (performance.now() < stop) {
      const t = performance.now();
      for (let i = 0; i < count; i++) run();
      samples.push((performance.now() - t) / count);
    }
    best = Math.min(...samples);
  } else {
    const pieces = calls.flatMap((call, stage) => {
      const size = Math.max(1, Math.ceil(call.tasks / Math.ceil(estimate / 0.5)));
      const count = Math.ceil(call.tasks / size);
      return Array.from({ length: count }, (_, i) => ({
        ...call,
        stage,
        t0: i * size,
        t1: Math.min(call.tasks, (i + 1) * size),
      }));
    });
    const least = pieces.map(() => Infinity);
    while (performance.now() < stop) {
      const start = performance.now();
      pieces.forEach(({ call, values, t0, t1 }, i) => {
        const t = performance.now();
        call(...values, t0, t1);
        least[i] = Math.min(least[i]!, performance.now() - t);
      });
      samples.push(performance.now() - start);
    }
    pieces.forEach(({ stage }, i) => {
      stages[stage]! += least[i]! * 1e3;
    });
    best = least.reduce((sum, t) => sum + t, 0);
  }
  samples.sort((a, b) => a - b);
  return { best: best * 1e3, median: samples[samples.length >> 1]! * 1e3, stages };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    variant: { type: "string", default: "{}" },
    plain: { type: "boolean", default: false },
    seconds: { type: "string", default: "0.7" },
  },
});

for (const [name, form, m, k, n] of cases) {
  if (positionals.length > 0 && !positionals.some((word) => name.includes(word))) continue;
  const variant = JSON.parse(values.variant) as ContractVariant;
  const { calls, flops, variant: chosen } = prepare({ ...specOf(form, m, k, n), relaxed: !values.plain, variant });
  const { best, median, stages } = time(calls, Number(values.seconds));
  const rate = (us: number): string => (flops / us / 1e3).toFixed(1).padStart(5);
  const us = (value: number): string => value.toFixed(value < 10 ? 3 : 1).padStart(9);
  console.log(
    `${name.padEnd(34)} ${`${m}×${k}·${k}×${n}`.padEnd(18)} best ${us(best)} µs ${rate(best)} GFLOP/s  median ${us(median)} µs ${rate(median)}  ${chosen}, tasks ${calls.map((c) => c.tasks).join("+")}${stages.length > 1 && stages[0]! > 0 ? `, µs ${stages.map((t) => t.toFixed(0)).join("+")}` : ""}`,
  );
}
