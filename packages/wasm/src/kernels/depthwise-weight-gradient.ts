/**
 * Weight gradient of a depthwise convolution: dw[c, k] = Σ_{n, p} dy[n, p, c] · x[n, p·s − pad + k·dil, c]. Vectors run over
 * channels, and all channels meet some columns before the next: what is read lies in sequence, and the sums (a few
 * kilobytes) stay in the nearest cache. A tile of many more columns would wait for that cache: channels being a power of
 * two, its pixels share few cache sets. Tasks are chunks of images with sums of their own, which a second stage adds in
 * order.
 *
 * Sums lie as [block of channels][tap][channel of the block], blocks of 8 channels (two vectors, which join into one of
 * 256 bits) as far as they go, then of 4, or of 4 throughout.
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
import { correlation } from "./correlation.ts";
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

interface Cut {
  /** Columns of a tile. */
  readonly columns: number;
  /** Vectors of a block of channels. */
  readonly vectors: number;
}

/** Blocks of channels: the lanes of their vectors, and how many there are. */
function blocksOf(channels: number, vectors: number): { readonly lanes: readonly number[]; readonly count: number }[] {
  const result: { lanes: readonly number[]; count: number }[] = [];
  let left = channels;
  for (let size = vectors; size > 0; size--) {
    const count = Math.floor(left / (4 * size));
    result.push({ lanes: new Array<number>(size).fill(4), count });
    left -= count * 4 * size;
  }
  if (left > 0) result.push({ lanes: [left], count: 1 });
  return result.filter(({ count }) => count > 0);
}

/** Stages (x, dy, partial, batch) and (partial, dw). */
export function depthwiseWeightGradient({
  shape,
  relaxed,
  wide = false,
  variant = {},
}: DepthwiseWeightGradientSpec): Kernel {
  const [y, x] = shape.axes;
  const area = y.kernel * x.kernel;
  const vectors = Math.ceil(shape.groups / 4);
  const chunks = variant.chunks ?? 16;
  const columns = variant.columns ?? (relaxed ? 8 : 6);
  const blockVectors = wide ? 2 : 1;
  const chunkBytes = Math.ceil((vectors * area * 16) / 64) * 64;
  const pixel = shape.groups * 4;
  const key = `${shapeKey(shape)} c${chunks} ${columns}×${4 * blockVectors}${relaxed ? "" : " plain"}`;
  const first: Stage = {
    key: `depthwiseWeightGradient ${key}`,
    parameters: pointers("x", "dy", "partial", "batch"),
    tasks: () => chunks,
    define: (module) => {
      const sums = defineSums(
        module,
        `${first.key} sums`,
        shape,
        { columns, vectors: blockVectors },
        fused({ relaxed }).madd,
      );
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
    stages: [first, combine(shape, key, blockVectors, chunks, chunkBytes)],
    scratch: () => ({ shared: { partial: chunks * chunkBytes }, local: 0 }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

/** Defines `(x, dy, partial)`: adds one image to the sums. */
function defineSums(
  module: ModuleBuilder,
  name: string,
  shape: ConvShape,
  cut: Cut,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const parameters = { x: "i32", dy: "i32", partial: "i32" } as const;
  const [y, x] = shape.axes;
  const pixel = shape.groups * 4;
  const axis = correlation(shape, "forward").phases[0]!.x;
  const blocks = blocksOf(shape.groups, cut.vectors);
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
      forColumns(f, axis, x.input, cut.columns, column, (run) => {
        const first = axis.offset + (run.taps[0] ?? 0) * axis.spacing;
        const shift = f.let(i32.mul(i32.add(i32.mul(column, axis.step), first), pixel));
        const dy = f.let(i32.add(row, i32.mul(column, pixel)));
        const partial = f.let(p.partial);
        for (const { count, lanes } of blocks) {
          f.repeat(count, () => {
            addColumns(f, { shape, madd, run, lanes, lines, shift, dy, partial });
            f.increment(shift, 16 * lanes.length);
            f.increment(dy, 16 * lanes.length);
            f.increment(partial, y.kernel * x.kernel * 16 * lanes.length);
          });
        }
      });
      f.increment(row, x.output * pixel);
    });
  });
}

interface Tile {
  readonly shape: ConvShape;
  readonly madd: MultiplyAdd;
  readonly run: ColumnRun;
  /** Of each vector of the block. */
  readonly lanes: readonly number[];
  /** The tap rows: whether they lie in the image, and where they start. */
  readonly lines: readonly { readonly inside: Index; readonly start: Index }[];
  /** Bytes from a line's start to the first tap of the first column, at these channels. */
  readonly shift: Index;
  readonly dy: Index;
  readonly partial: Index;
}

/** Adds some columns of dy, with all taps, to the sums of a block of channels. */
function addColumns(f: FunctionBuilder, tile: Tile): void {
  const pixel = tile.shape.groups * 4;
  const dy = Array.from({ length: tile.run.size }, (_, k) =>
    tile.lanes.map((n, v) => f.let(loadLanes(tile.dy, n, k * pixel + 16 * v))),
  );
  const all = tile.lines.map((_, j) => j);
  const oneByOne = (): void =>
    all.forEach((j) => {
      f.if(tile.lines[j]!.inside, () => addLines(f, tile, dy, [j]));
    });
  // Sums of one line wait for each other; those of several lines fill the time, as long as registers hold them.
  if (all.length > 1 && all.length * tile.run.taps.length <= MOST_SUMS) {
    const inside = tile.lines.map((line): Value<"i32"> => line.inside).reduce((both, next) => i32.and(both, next));
    f.if(inside, () => addLines(f, tile, dy, all), oneByOne);
  } else oneByOne();
}

/** The same for some tap rows that all lie in the image. */
function addLines(
  f: FunctionBuilder,
  tile: Tile,
  dy: readonly (readonly Local<"v128">[])[],
  numbers: readonly number[],
): void {
  const { shape, madd, run, lanes } = tile;
  const x = shape.axes[1];
  const pixel = shape.groups * 4;
  const placeOf = (j: number, tap: number, v: number): number => ((j * x.kernel + tap) * lanes.length + v) * 16;
  const columnOf = (tap: number, k: number): number => k * x.stride + (tap - run.taps[0]!) * x.dilation;
  const lines = numbers.map((j) => ({
    from: f.let(i32.add(tile.lines[j]!.start, tile.shift)),
    sums: new Map(
      run.taps.map((tap) => [tap, lanes.map((_, v) => f.let(v128.load(tile.partial, placeOf(j, tap, v))))]),
    ),
  }));
  const met = new Set(run.taps.flatMap((tap) => dy.map((_, k) => columnOf(tap, k))));
  // Input by input: each is loaded once and forgotten after the taps and columns that it serves.
  for (const column of [...met].sort((a, b) => a - b)) {
    for (const { from, sums } of lines) {
      const input = lanes.map((n, v) => f.let(loadLanes(from, n, column * pixel + 16 * v)));
      for (const [tap, sum] of sums) {
        dy.forEach((value, k) => {
          if (columnOf(tap, k) !== column) return;
          sum.forEach((s, v) => {
            f.set(s, madd(input[v]!, value[v]!, s));
          });
        });
      }
    }
  }
  lines.forEach(({ sums }, n) => {
    for (const [tap, sum] of sums) {
      // The last vector first: of two stores that join, the later one stays.
      for (let v = lanes.length - 1; v >= 0; v--) {
        f.do(v128.store(tile.partial, sum[v]!, placeOf(numbers[n]!, tap, v)));
      }
    }
  });
}

/** Stage (partial, dw): sums of chunks in order, to (C, 1, kh, kw). A task is four channels. */
function combine(shape: ConvShape, key: string, vectors: number, chunks: number, chunkBytes: number): Stage {
  const area = shape.axes[0].kernel * shape.axes[1].kernel;
  const whole = Math.floor(shape.groups / (4 * vectors)) * vectors;
  const stage: Stage = {
    key: `depthwiseWeightGradient combine ${key}`,
    parameters: pointers("partial", "dw"),
    tasks: () => Math.ceil(shape.groups / 4),
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Index>>;
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          // The vector's place in its block: blocks are of `vectors`, and of one where that does not go up.
          const inBlock = f.let(i32.remU(task, vectors));
          const step = f.let(i32.const(16 * vectors));
          if (vectors > 1 && whole < Math.ceil(shape.groups / 4)) {
            f.if(i32.geS(task, whole), () => {
              f.set(inBlock, 0);
              f.set(step, 16);
            });
          }
          const before = i32.add(i32.mul(i32.sub(task, inBlock), area * 16), i32.mul(inBlock, 16));
          const from = f.let(i32.add(p.partial!, before));
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
            f.increment(from, step);
            f.increment(to, 4);
          });
        });
      }),
  };
  return stage;
}
