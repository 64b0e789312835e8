/**
 * Weight gradient of a depthwise convolution: dw[c, k] = Σ_{n, p} dy[n, p, c] · x[n, p·s − pad + k·dil, c]. Vectors run over
 * channels, and all channels meet some columns before the next: what is read lies in sequence, and the sums (a few
 * kilobytes) stay in the nearest cache. Tasks are chunks of images with sums of their own, which a second stage adds in
 * order.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type Value,
  v128,
} from "../assembler/index.ts";
import { chunkStart } from "./conv-chunks.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { correlation, type Phase } from "./correlation.ts";
import { type ColumnRun, forColumns } from "./depthwise-taps.ts";
import { type CodeOptions, fused, type Kernel, type MultiplyAdd, pointers, type Stage, signature } from "./kernel.ts";
import { loadLanes } from "./tile.ts";
import { touch } from "./touch.ts";

export interface DepthwiseWeightGradientSpec extends CodeOptions {
  readonly shape: ConvShape;
  readonly variant?: { readonly columns?: number; readonly chunks?: number };
}

type Index = Local<"i32">;

/** Sums that a tile keeps in registers, beside some columns of dy. */
const MOST_SUMS = 9;

/** Stages (x, dy, partial, batch) and (partial, dw). */
export function depthwiseWeightGradient({ shape, relaxed, variant = {} }: DepthwiseWeightGradientSpec): Kernel {
  const [y, x] = shape.axes;
  const area = y.kernel * x.kernel;
  const vectors = Math.ceil(shape.groups / 4);
  const chunks = variant.chunks ?? 16;
  const columns = variant.columns ?? (relaxed ? 8 : 6);
  const chunkBytes = Math.ceil((vectors * area * 16) / 64) * 64;
  const pixel = shape.groups * 4;
  const key = `${shapeKey(shape)} c${chunks} ${columns}${relaxed ? "" : " plain"}`;
  const first: Stage = {
    key: `depthwiseWeightGradient ${key}`,
    parameters: pointers("x", "dy", "partial", "batch"),
    tasks: () => chunks,
    define: (module) => {
      const sums = defineSums(module, `${first.key} sums`, shape, columns, fused({ relaxed }).madd);
      return module.function({ name: first.key, parameters: signature(first.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Index>>;
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const start = f.let(chunkStart(task, p.batch!, i32.const(chunks)));
          const end = f.let(chunkStart(i32.add(task, 1), p.batch!, i32.const(chunks)));
          const partial = f.let(i32.add(p.partial!, i32.mul(task, chunkBytes)));
          f.do(memory.fill(partial, 0, chunkBytes));
          const from = f.let(i32.add(p.x!, i32.mul(start, y.input * x.input * pixel)));
          const dy = f.let(i32.add(p.dy!, i32.mul(start, y.output * x.output * pixel)));
          f.repeat(i32.sub(end, start), () => {
            f.do(f.call(sums, [from, dy, partial]));
            f.increment(from, y.input * x.input * pixel);
            f.increment(dy, y.output * x.output * pixel);
          });
        });
      });
    },
  };
  return {
    variant: `depthwise weight gradient, ${chunks} chunks`,
    stages: [first, combine(shape, key, chunks, chunkBytes)],
    scratch: () => ({ shared: { partial: chunks * chunkBytes }, local: 0 }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

/** Defines `(x, dy, partial)`: adds one image to partial[channels/4][tap][4]. */
function defineSums(
  module: ModuleBuilder,
  name: string,
  shape: ConvShape,
  columns: number,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const parameters = { x: "i32", dy: "i32", partial: "i32" } as const;
  const phase = correlation(shape, "forward").phases[0]!;
  const [y, x] = shape.axes;
  const pixel = shape.groups * 4;
  return module.function({ name, parameters, export: false }, (f, p) => {
    const row = f.let(p.dy);
    f.repeat(y.output, (t) => {
      const top = f.let(i32.add(i32.mul(t, y.stride), -y.padBefore));
      const lines = Array.from({ length: y.kernel }, (_, j) => {
        const line = f.let(i32.add(top, j * y.dilation));
        return { inside: f.let(i32.ltU(line, y.input)), start: f.let(i32.add(p.x, i32.mul(line, x.input * pixel))) };
      });
      for (const { inside, start } of lines.slice(-y.stride)) f.if(inside, () => touch(f, start, x.input * pixel));
      touch(f, row, x.output * pixel);
      const column = f.local("i32");
      forColumns(f, phase.x, x.input, columns, column, (run) => {
        const first = phase.x.offset + (run.taps[0] ?? 0) * phase.x.spacing;
        const shift = f.let(i32.mul(i32.add(i32.mul(column, phase.x.step), first), pixel));
        const dy = f.let(i32.add(row, i32.mul(column, pixel)));
        const partial = f.let(p.partial);
        const vector = (lanes: number): void => {
          tile(f, shape, phase, run, { lines, shift, dy, partial, lanes }, madd);
          f.increment(shift, 16);
          f.increment(dy, 16);
          f.increment(partial, y.kernel * x.kernel * 16);
        };
        f.repeat(Math.floor(shape.groups / 4), () => vector(4));
        if (shape.groups % 4 > 0) vector(shape.groups % 4);
      });
      f.increment(row, x.output * pixel);
    });
  });
}

interface Tile {
  /** The tap rows: whether they lie in the image, and where they start. */
  readonly lines: readonly { readonly inside: Index; readonly start: Index }[];
  /** Bytes from a line's start to the first tap of the first column, at these channels. */
  readonly shift: Index;
  readonly dy: Index;
  readonly partial: Index;
  readonly lanes: number;
}

/** Adds some columns of dy, with all taps, to the sums of four channels; these lie near, since all channels come in turn. */
function tile(f: FunctionBuilder, shape: ConvShape, phase: Phase, run: ColumnRun, at: Tile, madd: MultiplyAdd): void {
  const pixel = shape.groups * 4;
  const width = shape.axes[1].kernel;
  const first = run.taps[0] ?? 0;
  const dy = Array.from({ length: run.size }, (_, k) => f.let(loadLanes(at.dy, at.lanes, k * pixel)));
  const place = (tap: number, k: number): number => k * phase.x.step + (tap - first) * phase.x.spacing;
  const places = [...new Set(run.taps.flatMap((tap) => dy.map((_, k) => place(tap, k))))].sort((a, b) => a - b);
  const addLines = (numbers: readonly number[]): void => {
    const lines = numbers.map((j) => ({
      from: f.let(i32.add(at.lines[j]!.start, at.shift)),
      sums: new Map(run.taps.map((tap) => [tap, f.let(v128.load(at.partial, (j * width + tap) * 16))])),
    }));
    // Input by input: each is loaded once and forgotten after the taps and columns that it serves.
    for (const here of places) {
      for (const { from, sums } of lines) {
        const input = f.let(loadLanes(from, at.lanes, here * pixel));
        for (const [tap, sum] of sums) {
          dy.forEach((value, k) => {
            if (place(tap, k) === here) f.set(sum, madd(input, value, sum));
          });
        }
      }
    }
    lines.forEach(({ sums }, n) => {
      for (const [tap, sum] of sums) f.do(v128.store(at.partial, sum, (numbers[n]! * width + tap) * 16));
    });
  };
  const one = (j: number): void => f.if(at.lines[j]!.inside, () => addLines([j]));
  const all = at.lines.map((_, j) => j);
  // Sums of one line wait for each other; those of several lines fill the time, as long as registers hold them.
  if (all.length > 1 && all.length * run.taps.length <= MOST_SUMS) {
    const inside = at.lines.map((line) => line.inside as Value<"i32">).reduce((both, next) => i32.and(both, next));
    f.if(
      inside,
      () => addLines(all),
      () => all.forEach(one),
    );
  } else all.forEach(one);
}

/** Stage (partial, dw): sums of chunks in order, to (C, 1, kh, kw). A task is four channels. */
function combine(shape: ConvShape, key: string, chunks: number, chunkBytes: number): Stage {
  const area = shape.axes[0].kernel * shape.axes[1].kernel;
  const stage: Stage = {
    key: `depthwiseWeightGradient combine ${key}`,
    parameters: pointers("partial", "dw"),
    tasks: () => Math.ceil(shape.groups / 4),
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Index>>;
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const from = f.let(i32.add(p.partial!, i32.mul(task, area * 16)));
          const to = f.let(i32.add(p.dw!, i32.mul(task, area * 16)));
          const left = f.let(i32.sub(shape.groups, i32.mul(task, 4)));
          f.repeat(area, () => {
            const at = f.let(from);
            const sum = f.let(v128.load(at));
            f.repeat(chunks - 1, () => {
              f.increment(at, chunkBytes);
              f.set(sum, f32x4.add(sum, v128.load(at)));
            });
            for (let lane = 0; lane < 4; lane++) {
              const put = (): void => f.do(v128.store32Lane(to, sum, lane, lane * area * 4));
              if (lane === 0) put();
              else f.if(i32.gtS(left, lane), put);
            }
            f.increment(from, 16);
            f.increment(to, 4);
          });
        });
      }),
  };
  return stage;
}
