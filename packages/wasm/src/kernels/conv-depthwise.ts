/**
 * Depthwise convolution, channels-last: one filter a channel, y[n, p, c] = Σ_k x[n, p·s − pad + k·dil, c] · w[k, c], forward
 * and input gradient, as correlations. Vectors run over channels; a tile is some neighbouring columns, whose inputs
 * overlap and are loaded once. Nothing is copied or padded: see `depthwise-taps.ts`. Rows are fetched whole before tiles
 * walk them. Taps outside the image are left out, not multiplied by zeros.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from "../assembler/index.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { type Correlation, correlation, type Phase } from "./correlation.ts";
import { borderColumns, type ColumnRun, forColumns } from "./depthwise-taps.ts";
import { gather } from "./direct-weights.ts";
import { type Epilogue, type EpilogueVector, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { type CodeOptions, fused, type Kernel, type MultiplyAdd, pointers, type Stage, signature } from "./kernel.ts";
import { loadLanes, storeLanes } from "./tile.ts";
import { touch } from "./touch.ts";

export interface DepthwiseVariant {
  /** Columns of a tile. */
  readonly columns?: number;
  /** Output rows (of a phase) of a task. */
  readonly blockRows?: number;
}

export interface DepthwiseSpec extends CodeOptions {
  readonly shape: ConvShape;
  readonly direction: "forward" | "inputGradient";
  readonly epilogue?: Epilogue;
  readonly variant?: DepthwiseVariant;
}

export interface DepthwiseKernel extends Kernel {
  readonly weights: Kernel;
  readonly packedBytes: number;
}

type Index = Local<"i32">;

/** More border columns than this would be more code than it is worth. */
const MOST_BORDERS = 24;

export function depthwiseFits(shape: ConvShape): boolean {
  if (shape.channels !== 1 || shape.filters !== 1) return false;
  const [y, x] = shape.axes;
  if (y.kernel * x.kernel > 49) return false;
  return (["forward", "inputGradient"] as const).every((direction) => {
    const work = correlation(shape, direction);
    return work.phases.reduce((sum, phase) => sum + borderColumns(phase.x, work.input[1]).length, 0) <= MOST_BORDERS;
  });
}

/** Stage (x, packed, y, batch, …epilogue); for the input gradient x is dy and y is dx. */
export function convDepthwise({ shape, direction, epilogue, relaxed, variant = {} }: DepthwiseSpec): DepthwiseKernel {
  const work = correlation(shape, direction);
  const columns = variant.columns ?? (relaxed ? 8 : 4);
  const rows = Math.max(1, ...work.phases.map((phase) => phase.y.count));
  // Blocks share input rows at their borders, but one image has to make tasks for several threads.
  const wanted = Math.max(Math.ceil(rows / 4), Math.min(14, Math.ceil(rows / 2)));
  const blockRows = Math.min(rows, variant.blockRows ?? wanted);
  const rowBlocks = Math.ceil(rows / blockRows);
  const packing = `${direction} ${shapeKey(shape)}`;
  const parameters = [...pointers("x", "packed", "y", "batch"), ...epilogueParameters(epilogue)];
  const stage: Stage = {
    key: `depthwise ${packing} ${columns} b${blockRows}${relaxed ? "" : " plain"}${epilogueKey(epilogue)}`,
    parameters,
    tasks: ({ batch }) => batch! * rowBlocks,
    define: (module) =>
      defineTasks(module, work, stage, { columns, blockRows, rowBlocks }, epilogue, fused({ relaxed }).madd),
  };
  return {
    variant: `depthwise, ${columns} columns`,
    stages: [stage],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: ({ batch }) => convFlops(shape, batch!),
    weights: depthwiseWeights(shape),
    packedBytes: paddedChannels(shape.groups) * 4 * shape.axes[0].kernel * shape.axes[1].kernel,
  };
}

const paddedChannels = (channels: number): number => Math.ceil(channels / 4) * 4;

/** Stage (w, packed): [kh·kw][channels], channels padded to fours. A task is four channels. */
function depthwiseWeights({ groups, axes: [y, x] }: ConvShape): Kernel {
  const area = y.kernel * x.kernel;
  const stage: Stage = {
    key: `depthwiseWeights ${groups} ${area}`,
    parameters: pointers("w", "packed"),
    tasks: () => Math.ceil(groups / 4),
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Index>>;
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const pack = (lanes: number) => (): void => {
            const from = f.let(i32.add(p.w!, i32.mul(task, 16 * area)));
            const to = f.let(i32.add(p.packed!, i32.mul(task, 16)));
            f.repeat(area, () => {
              f.do(v128.store(to, gather(from, area * 4, 0, lanes)));
              f.increment(from, 4);
              f.increment(to, paddedChannels(groups) * 4);
            });
          };
          if (groups % 4 === 0) pack(4)();
          else f.if(i32.eq(task, Math.floor(groups / 4)), pack(groups % 4), pack(4));
        });
      }),
  };
  return { variant: "packed weights", stages: [stage], scratch: () => ({ shared: {}, local: 0 }), flops: () => 0 };
}

function defineTasks(
  module: ModuleBuilder,
  work: Correlation,
  stage: Stage,
  cut: { columns: number; blockRows: number; rowBlocks: number },
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle {
  const rows = work.phases.map((phase, index) =>
    defineRow(module, `${stage.key} row ${index}`, work, phase, cut.columns, epilogue, madd),
  );
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Readonly<Record<string, Index>>;
    const extra = epilogueParameters(epilogue).map(({ name }) => p[name]!);
    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const image = f.let(i32.divU(task, cut.rowBlocks));
      const t0 = f.let(i32.mul(i32.sub(task, i32.mul(image, cut.rowBlocks)), cut.blockRows));
      const source = f.let(i32.add(p.x!, i32.mul(image, work.input[0] * work.input[1] * work.groups * 4)));
      work.phases.forEach((phase, index) => {
        const t = f.local("i32");
        const past = f.let(i32.add(t0, cut.blockRows));
        const end = f.let(i32.minS(past, phase.y.count));
        f.for(t, t0, end, 1, () => {
          const line = i32.add(
            i32.mul(image, work.output[0]),
            i32.add(i32.mul(t, phase.y.outputStep), phase.y.outputStart),
          );
          const offset = f.let(i32.mul(i32.add(i32.mul(line, work.output[1]), phase.x.outputStart), work.groups * 4));
          touchRows(f, work, phase, { source, t, target: i32.add(p.y!, offset) });
          f.do(f.call(rows[index]!, [source, p.packed!, p.y!, offset, t, ...extra]));
        });
      });
    });
  });
}

/** Fetches the input rows that output row `t` is the first to read, and the row that it writes. */
function touchRows(
  f: FunctionBuilder,
  { input, output, groups }: Correlation,
  { y, x }: Phase,
  { source, t, target }: { readonly source: Index; readonly t: Index; readonly target: Value<"i32"> },
): void {
  const rowBytes = input[1] * groups * 4;
  for (let j = Math.max(0, y.taps.length - y.step); j < y.taps.length && rowBytes > 0; j++) {
    const line = f.let(i32.add(i32.mul(t, y.step), y.offset + j * y.spacing));
    f.if(i32.ltU(line, input[0]), () => touch(f, i32.add(source, i32.mul(line, rowBytes)), rowBytes));
  }
  // Other phases along the row write between the same elements.
  if (x.outputStart === 0) touch(f, target, output[1] * groups * 4);
}

/** Defines `(x, packed, y, offset, t, …epilogue)`: output row `t` of a phase, `x` the image and `offset` the row's start. */
function defineRow(
  module: ModuleBuilder,
  name: string,
  work: Correlation,
  phase: Phase,
  limit: number,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const own = { x: "i32", packed: "i32", y: "i32", offset: "i32", t: "i32" } as const;
  const channels = work.groups;
  const rowBytes = work.input[1] * channels * 4;
  return module.function({ name, parameters: { ...own, ...epilogue?.parameters }, export: false }, (f, all) => {
    const p = all as unknown as { readonly [K in keyof typeof own]: Index };
    const extra = Object.fromEntries(
      Object.keys(epilogue?.parameters ?? {}).map((key) => [key, all[key as "x"] as Local]),
    );
    const top = f.let(i32.add(i32.mul(p.t, phase.y.step), phase.y.offset));
    const lines = phase.y.taps.map((_, j) => {
      const line = f.let(i32.add(top, j * phase.y.spacing));
      return { inside: f.let(i32.ltU(line, work.input[0])), start: f.let(i32.add(p.x, i32.mul(line, rowBytes))) };
    });
    const column = f.local("i32");
    forColumns(f, phase.x, work.input[1], limit, column, (run) => {
      const shift = f.let(
        i32.mul(
          i32.add(i32.mul(column, phase.x.step), phase.x.offset + (run.taps[0] ?? 0) * phase.x.spacing),
          channels * 4,
        ),
      );
      const place = f.let(i32.add(p.offset, i32.mul(column, phase.x.outputStep * channels * 4)));
      const channel = f.local("i32");
      const vector = (lanes: number): void => {
        tile(
          f,
          work,
          phase,
          run,
          lanes,
          { packed: p.packed, y: p.y, lines, shift, place, channel },
          { epilogue, extra, madd },
        );
      };
      f.for(channel, 0, Math.floor(channels / 4) * 16, 16, () => vector(4));
      if (channels % 4 > 0) {
        f.set(channel, Math.floor(channels / 4) * 16);
        vector(channels % 4);
      }
    });
  });
}

interface TilePlace {
  readonly packed: Index;
  readonly y: Index;
  readonly lines: readonly { readonly inside: Index; readonly start: Index }[];
  /** Bytes from a line's start to the first tap's first column; from the result's start to the first column. */
  readonly shift: Index;
  readonly place: Index;
  /** Byte offset of the channels. */
  readonly channel: Index;
}

function tile(
  f: FunctionBuilder,
  work: Correlation,
  phase: Phase,
  run: ColumnRun,
  lanes: number,
  at: TilePlace,
  {
    epilogue,
    extra,
    madd,
  }: { epilogue: Epilogue | undefined; extra: Readonly<Record<string, Local>>; madd: MultiplyAdd },
): void {
  const pixel = work.groups * 4;
  const sums = Array.from({ length: run.size }, () => f.let(f32x4.splat(0)));
  const first = run.taps[0] ?? 0;
  const kernelWidth = work.weights.row;
  at.lines.forEach(({ inside, start }, j) => {
    f.if(inside, () => {
      const from = f.let(i32.add(i32.add(start, at.shift), at.channel));
      const weights = f.let(i32.add(at.packed, at.channel));
      const loaded = new Map<number, Local<"v128">>();
      const input = (column: number): Local<"v128"> => {
        const found = loaded.get(column) ?? f.let(loadLanes(from, lanes, column * pixel));
        loaded.set(column, found);
        return found;
      };
      for (const tap of run.taps) {
        const place = (phase.y.taps[j]! * kernelWidth + phase.x.taps[tap]!) * paddedChannels(work.groups) * 4;
        const weight = f.let(v128.load(weights, place));
        sums.forEach((sum, k) => {
          f.set(sum, madd(input(k * phase.x.step + (tap - first) * phase.x.spacing), weight, sum));
        });
      }
    });
  });
  const step = phase.x.outputStep * pixel;
  const vectors = sums.map(
    (value, k): EpilogueVector => ({
      value,
      offset: i32.add(i32.add(at.place, at.channel), k * step),
      channel: at.channel,
      lanes,
    }),
  );
  epilogue?.emit(f, extra, vectors);
  const base = f.let(i32.add(i32.add(at.y, at.place), at.channel));
  sums.forEach((sum, k) => {
    f.do(...storeLanes(base, sum, lanes, k * step));
  });
}
