/**
 * Speed of convolution kernels on one thread, by shape and direction: GFLOP/s of the direct algorithm's arithmetic, best
 * (of the fastest fiftieth) and median. Packing of weights is timed apart. Arguments pick shapes by a part of their name;
 * `--algorithm direct`, `--variant '{"direct":{"rows":4}}'` force choices, `--plain` leaves relaxed SIMD out. Several
 * `--variant` are timed in turn, call by call: only so do they compare on a machine that others use too.
 *
 *     node packages/bench/src/kernels/conv.ts resnet --algorithm direct --seconds 0.5
 */

import { parseArgs } from "node:util";
import {
  type ConvAlgorithm,
  type ConvDirection,
  type ConvKernel,
  type ConvShape,
  type ConvVariant,
  convKernel,
  runAlone,
} from "@prewitt/wasm/kernels";

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly shape: ConvShape;
}

function square(
  name: string,
  batch: number,
  inputs: number,
  filters: number,
  extent: number,
  kernel: number,
  stride = 1,
  groups = 1,
): Case {
  const pad = (kernel - 1) / 2;
  const output = Math.floor((extent + 2 * pad - kernel) / stride) + 1;
  const axis = { input: extent, kernel, stride, padBefore: pad, padAfter: pad, dilation: 1, output };
  return { name, batch, shape: { groups, channels: inputs / groups, filters: filters / groups, axes: [axis, axis] } };
}

const cases: readonly Case[] = [
  square("a 1→32 28", 64, 1, 32, 28, 3),
  square("b 32→64 14", 64, 32, 64, 14, 3),
  square("c 64→64 56", 16, 64, 64, 56, 3),
  square("d 256→256 14", 16, 256, 256, 14, 3),
  square("e 256→64 28 1×1", 16, 256, 64, 28, 1),
  square("f 128 28 depthwise", 16, 128, 128, 28, 3, 1, 128),
  square("resnet stem 3→64 32", 32, 3, 64, 32, 3),
  square("resnet 64→64 32", 32, 64, 64, 32, 3),
  square("resnet 128→128 16", 32, 128, 128, 16, 3),
  square("resnet 256→256 8", 32, 256, 256, 8, 3),
  square("resnet 512→512 4", 32, 512, 512, 4, 3),
  square("resnet 64→128 32 stride 2", 32, 64, 128, 32, 3, 2),
  square("resnet 128→256 16 stride 2", 32, 128, 256, 16, 3, 2),
  square("resnet 256→512 8 stride 2", 32, 256, 512, 8, 3, 2),
  square("resnet 64→128 32 1×1 stride 2", 32, 64, 128, 32, 1, 2),
  square("resnet 128→256 16 1×1 stride 2", 32, 128, 256, 16, 1, 2),
  square("resnet 256→512 8 1×1 stride 2", 32, 256, 512, 8, 1, 2),
  square("grouped 64→64 28 g4", 16, 64, 64, 28, 3, 1, 4),
];

const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 2654435761) % 1000) / 1000 - 0.5);

interface Candidate {
  readonly label: string;
  readonly run: () => void;
  readonly times: number[];
}

/** Calls in turn, round by round, for at least `seconds` each: what slows the machine for a while slows them all. */
function timeTogether(candidates: readonly Candidate[], seconds: number): void {
  const start = performance.now();
  for (let round = 0; round < 15 || performance.now() - start < seconds * 1000 * candidates.length; round++) {
    for (const { run, times } of candidates) {
      const before = performance.now();
      run();
      times.push(performance.now() - before);
    }
  }
  for (const { times } of candidates) times.sort((a, b) => a - b);
}

const at = (times: readonly number[], share: number): number => times[Math.floor(share * times.length)] as number;

function candidate(
  kernel: ConvKernel,
  direction: ConvDirection,
  { shape, batch }: Case,
): Candidate & { packing?: Candidate } {
  const [y, x] = shape.axes;
  const inputs = noise(batch * y.input * x.input * shape.groups * shape.channels);
  const outputs = noise(batch * y.output * x.output * shape.groups * shape.filters);
  const weights = noise(shape.groups * shape.filters * shape.channels * y.kernel * x.kernel);
  const pack =
    kernel.packing &&
    runAlone(kernel.packing.kernel, { w: weights, packed: new Float32Array(kernel.packing.bytes / 4) }, {});
  pack?.run();
  const operands: Record<string, Float32Array> =
    direction === "weightGradient"
      ? { x: inputs, dy: outputs, dw: weights }
      : {
          x: direction === "forward" ? inputs : outputs,
          y: direction === "forward" ? outputs : inputs,
          packed: pack?.read("packed") ?? weights,
        };
  const alone = runAlone(kernel, operands, { batch });
  const label = `[${kernel.variant}] ${Math.max(...alone.tasks)} tasks`;
  return {
    label,
    run: () => alone.run(),
    times: [],
    ...(pack && { packing: { label: "packing", run: () => pack.run(), times: [] } }),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    algorithm: { type: "string" },
    variant: { type: "string", multiple: true },
    direction: { type: "string" },
    plain: { type: "boolean" },
    seconds: { type: "string", default: "0.7" },
  },
});

for (const entry of cases) {
  if (positionals.length > 0 && !positionals.some((part) => entry.name.includes(part))) continue;
  for (const direction of ["forward", "inputGradient", "weightGradient"] as const) {
    if (values.direction !== undefined && values.direction !== direction) continue;
    const { shape, batch } = entry;
    const all = (values.variant ?? ["{}"]).map((text) => {
      const forced = JSON.parse(text) as ConvVariant;
      const variant =
        values.algorithm === undefined ? forced : { ...forced, algorithm: values.algorithm as ConvAlgorithm };
      const kernel = convKernel({ direction, shape, batch, relaxed: values.plain !== true, variant });
      return { text, kernel, ...candidate(kernel, direction, entry) };
    });
    timeTogether(all, Number(values.seconds));
    for (const { text, kernel, label, times, packing } of all) {
      if (packing !== undefined) timeTogether([packing], Number(values.seconds) / 8);
      const rate = (ms: number): string => (kernel.flops({ batch }) / ms / 1e6).toFixed(1).padStart(6);
      const cost = packing === undefined ? "" : `, packing ${at(packing.times, 0).toFixed(2)} ms`;
      const speed = `${rate(at(times, 0.02))} best ${rate(at(times, 0.5))} median GFLOP/s, ${at(times, 0.02).toFixed(2)} ms${cost}`;
      console.log(
        `${entry.name.padEnd(30)} ${direction.padEnd(15)} ${speed}  ${label}${all.length > 1 ? `  ${text}` : ""}`,
      );
    }
  }
}
