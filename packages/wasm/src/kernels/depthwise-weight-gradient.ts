/**
 * Weight gradient of a depthwise convolution: dw[c, k] = Σ_{n, p} dy[n, p, c] · x[n, p·s − pad + k·dil, c]. Vectors run over
 * channels; the sums of some tap rows stay in registers over all rows of a task. Tasks are chunks of images × blocks of
 * channels; chunks have sums of their own, which a second stage adds in order.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler/index.ts";
import { chunkStart } from "./conv-chunks.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { correlation, type Phase } from "./correlation.ts";
import { type ColumnRun, forColumns } from "./depthwise-taps.ts";
import { type CodeOptions, fused, type Kernel, type MultiplyAdd, pointers, type Stage, signature } from "./kernel.ts";
import { loadLanes, splitEvenly, zero } from "./tile.ts";

export interface DepthwiseWeightGradientSpec extends CodeOptions {
  readonly shape: ConvShape;
  readonly variant?: { readonly columns?: number; readonly chunks?: number; readonly blockRows?: number };
}

type Index = Local<"i32">;

/** Rows of x and dy that all channels meet in turn should take no more: they are then read from afar once. */
const BLOCK_BYTES = 128 * 1024;
/** Accumulators that stay in registers beside inputs. */
const SUMS = 9;

/** Stages (x, dy, partial, batch) and (partial, dw). */
export function depthwiseWeightGradient({ shape, relaxed, variant = {} }: DepthwiseWeightGradientSpec): Kernel {
  const [y, x] = shape.axes;
  const area = y.kernel * x.kernel;
  const vectors = Math.ceil(shape.groups / 4);
  const chunks = variant.chunks ?? 16;
  const columns = variant.columns ?? 4;
  const chunkBytes = Math.ceil((vectors * area * 16) / 64) * 64;
  const pixel = shape.groups * 4;
  const rowBytes = (x.output + x.input * y.stride) * pixel;
  const blockRows = Math.min(y.output, variant.blockRows ?? Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)));
  const key = `${shapeKey(shape)} c${chunks} b${blockRows} ${columns}${relaxed ? "" : " plain"}`;
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
          const image = f.let(start);
          // A chunk without images still runs once, over no rows, to write its zeros.
          f.doWhile(() => {
            const from = f.let(i32.add(p.x!, i32.mul(image, y.input * x.input * pixel)));
            const dy = f.let(i32.add(p.dy!, i32.mul(image, y.output * x.output * pixel)));
            const row = f.let(i32.const(0));
            f.doWhile(() => {
              const past = f.let(i32.add(row, blockRows));
              const stop = f.let(i32.mul(i32.minS(past, y.output), i32.ltS(image, end)));
              f.do(f.call(sums, [from, dy, partial, row, stop, i32.eqz(i32.or(row, i32.sub(image, start)))]));
              f.increment(dy, blockRows * x.output * pixel);
              f.increment(row, blockRows);
              return i32.ltS(row, y.output);
            });
            f.increment(image, 1);
            return i32.ltS(image, end);
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

/**
 * Defines `(x, dy, partial, row, stop, first)`: rows [row, stop) of one image, `dy` at the first of them, into
 * partial[channels/4][tap][4], which starts from zero if `first`.
 */
function defineSums(
  module: ModuleBuilder,
  name: string,
  shape: ConvShape,
  columns: number,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const parameters = { x: "i32", dy: "i32", partial: "i32", row: "i32", stop: "i32", first: "i32" } as const;
  const phase = correlation(shape, "forward").phases[0]!;
  const width = shape.axes[1].kernel;
  const height = shape.axes[0].kernel;
  return module.function({ name, parameters, export: false }, (f, p) => {
    const vector = (lanes: number): void => {
      let row = 0;
      for (const { size, count } of splitEvenly(height, Math.max(1, Math.floor(SUMS / width)))) {
        for (let k = 0; k < count; k++) {
          tapRows(f, shape, phase, { first: row, count: size, lanes, columns }, p, madd);
          row += size;
        }
      }
      f.increment(p.partial, height * width * 16);
      f.increment(p.x, 16);
      f.increment(p.dy, 16);
    };
    f.repeat(Math.floor(shape.groups / 4), () => vector(4));
    if (shape.groups % 4 > 0) vector(shape.groups % 4);
  });
}

interface TapRows {
  readonly first: number;
  readonly count: number;
  readonly lanes: number;
  readonly columns: number;
}

/** Sums of tap rows first … first + count − 1 for one vector of channels, over some rows of an image. */
function tapRows(
  f: FunctionBuilder,
  shape: ConvShape,
  phase: Phase,
  part: TapRows,
  p: Readonly<Record<"x" | "dy" | "partial" | "row" | "stop" | "first", Index>>,
  madd: MultiplyAdd,
): void {
  const [y, x] = shape.axes;
  const pixel = shape.groups * 4;
  const sums = Array.from({ length: part.count }, () => f.locals("v128", x.kernel));
  const place = (k: number): number => (part.first * x.kernel + k) * 16;
  f.if(
    p.first,
    () => zero(f, sums.flat()),
    () => {
      sums.flat().forEach((sum, k) => {
        f.set(sum, v128.load(p.partial, place(k)));
      });
    },
  );
  const dyRow = f.let(p.dy);
  const t = f.local("i32");
  f.for(t, p.row, p.stop, 1, () => {
    const top = f.let(i32.add(i32.mul(t, y.stride), -y.padBefore));
    const lines = sums.map((_, j) => {
      const line = f.let(i32.add(top, (part.first + j) * y.dilation));
      return { inside: f.let(i32.ltU(line, y.input)), start: f.let(i32.add(p.x, i32.mul(line, x.input * pixel))) };
    });
    const column = f.local("i32");
    forColumns(f, phase.x, x.input, part.columns, column, (run) => {
      tile(f, shape, phase, run, part.lanes, { lines, column, dyRow, sums }, madd);
    });
    f.increment(dyRow, x.output * pixel);
  });
  sums.flat().forEach((sum, k) => {
    f.do(v128.store(p.partial, sum, place(k)));
  });
}

function tile(
  f: FunctionBuilder,
  shape: ConvShape,
  phase: Phase,
  run: ColumnRun,
  lanes: number,
  at: {
    lines: readonly { inside: Index; start: Index }[];
    column: Index;
    dyRow: Index;
    sums: readonly (readonly Local<"v128">[])[];
  },
  madd: MultiplyAdd,
): void {
  const pixel = shape.groups * 4;
  const first = run.taps[0] ?? 0;
  const from = f.let(
    i32.mul(i32.add(i32.mul(at.column, phase.x.step), phase.x.offset + first * phase.x.spacing), pixel),
  );
  const base = f.let(i32.add(at.dyRow, i32.mul(at.column, pixel)));
  const dy = Array.from({ length: run.size }, (_, k) => f.let(loadLanes(base, lanes, k * pixel)));
  at.lines.forEach(({ inside, start }, j) => {
    f.if(inside, () => {
      const line = f.let(i32.add(start, from));
      // Input by input: each is loaded once and forgotten after the taps and columns that it serves.
      const places = run.taps.flatMap((tap) => dy.map((_, k) => k * phase.x.step + (tap - first) * phase.x.spacing));
      for (const place of [...new Set(places)].sort((a, b) => a - b)) {
        const input = f.let(loadLanes(line, lanes, place * pixel));
        for (const tap of run.taps) {
          dy.forEach((value, k) => {
            if (k * phase.x.step + (tap - first) * phase.x.spacing !== place) return;
            const sum = at.sums[j]![tap]!;
            f.set(sum, madd(input, value, sum));
          });
        }
      }
    });
  });
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
