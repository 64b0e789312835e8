/**
 * Depthwise convolution, channels-last: one filter a channel, y[n, p, c] = Σ_k x[n, p·s − pad + k·dil, c] · w[k, c], forward
 * and input gradient, as correlations. Vectors run over channels; a tile is some neighbouring columns of one or two
 * vectors, see `depthwise-tile.ts`. Nothing is copied or padded: see `depthwise-taps.ts`. Rows are fetched whole before
 * tiles walk them: loads that fetch ahead among the arithmetic, or none, take up to three times as long, since only an
 * unbroken run of them keeps the processor's prefetcher going. Taps outside the image are left out, not multiplied by zeros.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from "../assembler/index.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { type Correlation, correlation, type Phase } from "./correlation.ts";
import { borderColumns, forColumns } from "./depthwise-taps.ts";
import { depthwiseTile, paddedChannels } from "./depthwise-tile.ts";
import { gather } from "./direct-weights.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { type CodeOptions, fused, type Kernel, type MultiplyAdd, pointers, type Stage, signature } from "./kernel.ts";
import { touch } from "./touch.ts";

export interface DepthwiseVariant {
  /** Columns of a tile. */
  readonly columns?: number;
  /** Output rows (of a phase) of a task. */
  readonly blockRows?: number;
}

/** How the work is cut. */
interface Cut {
  readonly columns: number;
  /** Vectors of channels in a tile. */
  readonly vectors: number;
  /** Output rows of the largest phase, of a task, and tasks of an image. */
  readonly rows: number;
  readonly blockRows: number;
  readonly rowBlocks: number;
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
export function convDepthwise({
  shape,
  direction,
  epilogue,
  relaxed,
  wide = false,
  variant = {},
}: DepthwiseSpec): DepthwiseKernel {
  const work = correlation(shape, direction);
  const columns = variant.columns ?? (relaxed ? 8 : 4);
  const vectors = wide ? 2 : 1;
  const rows = Math.max(1, ...work.phases.map((phase) => phase.y.count));
  // Blocks share input rows at their borders, but one image has to make tasks for several threads.
  const wanted = Math.max(Math.ceil(rows / 4), Math.min(14, Math.ceil(rows / 2)));
  const blockRows = Math.min(rows, variant.blockRows ?? wanted);
  const rowBlocks = Math.ceil(rows / blockRows);
  const packing = `${direction} ${shapeKey(shape)}`;
  const parameters = [...pointers("x", "packed", "y", "batch"), ...epilogueParameters(epilogue)];
  const stage: Stage = {
    key: `depthwise ${packing} ${columns}×${4 * vectors} b${blockRows}${relaxed ? "" : " plain"}${epilogueKey(epilogue)}`,
    parameters,
    tasks: ({ batch }) => batch! * rowBlocks,
    define: (module) =>
      defineTasks(
        module,
        work,
        stage,
        { columns, vectors, rows, blockRows, rowBlocks },
        epilogue,
        fused({ relaxed }).madd,
      ),
  };
  return {
    variant: `depthwise, ${columns}×${4 * vectors}`,
    stages: [stage],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: ({ batch }) => convFlops(shape, batch!),
    weights: depthwiseWeights(shape),
    packedBytes: paddedChannels(shape.groups) * 4 * shape.axes[0].kernel * shape.axes[1].kernel,
  };
}

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
  cut: Cut,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle {
  const rows = work.phases.map((phase, index) =>
    defineRow(module, `${stage.key} row ${index}`, work, phase, cut, epilogue, madd),
  );
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Readonly<Record<string, Index>>;
    const extra = epilogueParameters(epilogue).map(({ name }) => p[name]!);
    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const image = f.let(i32.divU(task, cut.rowBlocks));
      const t0 = f.let(i32.mul(i32.sub(task, i32.mul(image, cut.rowBlocks)), cut.blockRows));
      const source = f.let(i32.add(p.x!, i32.mul(image, work.input[0] * work.input[1] * work.groups * 4)));
      const t = f.local("i32");
      const past = f.let(i32.add(t0, cut.blockRows));
      const end = f.let(i32.minS(past, cut.rows));
      // The phases of a row read the same lines, and write between each other's elements.
      f.for(t, t0, end, 1, () => {
        work.phases.forEach((phase, index) => {
          const row = (): void => {
            const line = i32.add(
              i32.mul(image, work.output[0]),
              i32.add(i32.mul(t, phase.y.outputStep), phase.y.outputStart),
            );
            const offset = f.let(i32.mul(i32.add(i32.mul(line, work.output[1]), phase.x.outputStart), work.groups * 4));
            if (phase.x.outputStart === 0) touchRows(f, work, phase, { source, t, target: i32.add(p.y!, offset) });
            f.do(f.call(rows[index]!, [source, p.packed!, p.y!, offset, t, ...extra]));
          };
          if (phase.y.count < cut.rows) f.if(i32.ltS(t, phase.y.count), row);
          else row();
        });
      });
    });
  });
}

/** Fetches the input rows that output row `t` is the first to read, and the row that it writes. */
function touchRows(
  f: FunctionBuilder,
  { input, output, groups }: Correlation,
  { y }: Phase,
  { source, t, target }: { readonly source: Index; readonly t: Index; readonly target: Value<"i32"> },
): void {
  const rowBytes = input[1] * groups * 4;
  for (let j = Math.max(0, y.taps.length - y.step); j < y.taps.length && rowBytes > 0; j++) {
    const line = f.let(i32.add(i32.mul(t, y.step), y.offset + j * y.spacing));
    f.if(i32.ltU(line, input[0]), () => touch(f, i32.add(source, i32.mul(line, rowBytes)), rowBytes));
  }
  touch(f, target, output[1] * groups * 4);
}

/** Defines `(x, packed, y, offset, t, …epilogue)`: output row `t` of a phase, `x` the image and `offset` the row's start. */
function defineRow(
  module: ModuleBuilder,
  name: string,
  work: Correlation,
  phase: Phase,
  cut: Cut,
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
    forColumns(f, phase.x, work.input[1], cut.columns, column, (run) => {
      const shift = f.let(
        i32.mul(
          i32.add(i32.mul(column, phase.x.step), phase.x.offset + (run.taps[0] ?? 0) * phase.x.spacing),
          channels * 4,
        ),
      );
      const start = f.let(i32.add(p.offset, i32.mul(column, phase.x.outputStep * channels * 4)));
      const channel = f.local("i32");
      const tile = (lanes: readonly number[]): void => {
        const place = { packed: p.packed, y: p.y, lines, shift, place: start, channel };
        depthwiseTile(f, { work, phase, epilogue, extra, madd }, run, lanes, place);
      };
      let done = 0;
      for (let vectors = cut.vectors; vectors > 0; vectors--) {
        const end = Math.floor(channels / (4 * vectors)) * 16 * vectors;
        f.for(channel, done, end, 16 * vectors, () => tile(new Array<number>(vectors).fill(4)));
        done = end;
      }
      if (channels % 4 > 0) {
        f.set(channel, done);
        tile([channels % 4]);
      }
    });
  });
}
