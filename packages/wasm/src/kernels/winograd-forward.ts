/**
 * Winograd convolution F(4×4, 3×3), forward or input gradient (the same computation on dy with the other filters), from
 * transformed filters. Fused, for many tiles: a task transforms a block of tiles into its thread's scratch, multiplies and
 * transforms back. Staged, for few tiles and many channels: all tiles are transformed into shared memory first, then
 * tasks are blocks of tiles × groups of filters, so that filters travel once and there is work for every thread.
 */

import { type FunctionBuilder, type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import {
  alignLine,
  type CodeOptions,
  type Fused,
  fused,
  type Kernel,
  pointers,
  type Stage,
  signature,
} from "./kernel.ts";
import {
  clearInputScratch,
  defineInputTransform,
  type InputTransform,
  inputScratch,
  unitsOf,
} from "./winograd-input.ts";
import { defineMultiply } from "./winograd-multiply.ts";
import { defineOutputTransform, outputScratch } from "./winograd-output.ts";
import {
  blockCount,
  codeKey,
  POINTS,
  taskRows,
  type WinogradPlan,
  type WinogradVariant,
  winogradPlan,
} from "./winograd-plan.ts";

export type Arrangement = "fused" | "staged";

export interface WinogradSpec extends CodeOptions {
  /** The shape computed: for the input gradient, `transposedShape` of the forward one. */
  readonly shape: ConvShape;
  readonly arrangement: Arrangement;
  readonly epilogue?: Epilogue;
  readonly variant?: WinogradVariant;
}

export function inputTransformOf(plan: WinogradPlan): InputTransform {
  const [y, x] = plan.shape.axes;
  const units = unitsOf(plan.channels, plan.wide);
  return {
    window: 6,
    channels: plan.channels,
    height: y.input,
    width: x.input,
    padY: y.padBefore,
    padX: x.padBefore,
    tilesY: plan.tilesY,
    tilesX: plan.tilesX,
    pitch: plan.pitchV,
    tileStep: plan.channels * 4,
    unitStep: 16 * units.width,
    units,
  };
}

/** Where a task keeps its data in its thread's scratch. */
interface LocalLayout {
  readonly v: number;
  readonly m: number;
  readonly output: number;
  readonly bytes: number;
}

function layoutOf(plan: WinogradPlan, input: InputTransform, arrangement: Arrangement): LocalLayout {
  const v = arrangement === "fused" ? alignLine(inputScratch(input)) : 0;
  const m = v + (arrangement === "fused" ? POINTS * plan.pitchV : 0);
  const output = m + POINTS * plan.pitchM;
  return { v, m, output, bytes: Math.max(alignLine(output + outputScratch(plan.wide)), inputScratch(input)) };
}

type Index = Local<"i32">;
type Named = Readonly<Record<string, Index>>;

/**
 * Fused: stage (x, packed, y, batch, local, …epilogue). Staged: (x, v, batch, local) and (v, packed, y, batch, local,
 * …epilogue). Both compute the same, bit for bit.
 */
export function winogradConv(spec: WinogradSpec): Kernel {
  const { shape, epilogue, relaxed, arrangement, variant = {} } = spec;
  const plan = winogradPlan(shape, spec, variant);
  const cut = `b${plan.blockRows} r${plan.tileRows} g${plan.groupFilters} u${plan.unroll}`;
  const key = `winograd ${arrangement} ${shapeKey(shape)} ${cut}${codeKey(spec)}`;
  const input = inputTransformOf(plan);
  const layout = layoutOf(plan, input, arrangement);
  const ops = fused({ relaxed });
  const groups = Math.ceil(plan.filters / plan.groupFilters);
  const transform = transformStage(key, plan, input, ops);
  const product: Stage = {
    key: `${key}${epilogueKey(epilogue)}`,
    parameters: [
      ...pointers(arrangement === "fused" ? "x" : "v", "packed", "y", "batch", "local"),
      ...epilogueParameters(epilogue),
    ],
    tasks: ({ batch }) => blockCount(plan, batch!) * (arrangement === "fused" ? 1 : groups),
    define: (module) => defineProduct(module, product, plan, { arrangement, input, layout, groups }, ops, epilogue),
  };
  return {
    variant: `winograd ${arrangement}, blocks of ${plan.blockTiles} tiles, ${plan.tileRows}×${plan.panel}`,
    stages: arrangement === "fused" ? [product] : [transform, product],
    scratch: ({ batch }) => {
      const v = blockCount(plan, batch!) * POINTS * plan.pitchV;
      return { shared: arrangement === "fused" ? {} : ({ v } as Record<string, number>), local: layout.bytes };
    },
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

const emitBlock = (f: FunctionBuilder, plan: WinogradPlan, block: Index, batch: Index): ReturnType<typeof emitRows> =>
  emitRows(f, plan, plan.blockRows, block, batch);

/** The `index`th run [row0, row1) of `count` tile rows, and its number of tiles. */
function emitRows(
  f: FunctionBuilder,
  plan: WinogradPlan,
  count: number,
  index: Index,
  batch: Index,
): { row0: Index; row1: Index; tiles: Index } {
  const rows = f.let(i32.mul(batch, plan.tilesY));
  const row0 = f.let(i32.mul(index, count));
  const past = f.let(i32.add(row0, count));
  const row1 = f.let(i32.minS(past, rows));
  return { row0, row1, tiles: f.let(i32.mul(i32.sub(row1, row0), plan.tilesX)) };
}

function transformStage(key: string, plan: WinogradPlan, input: InputTransform, ops: Fused): Stage {
  const { blockRows, tilesX, tilesY } = plan;
  const rowsOfTask = taskRows(blockRows, tilesX, plan.wide);
  const parts = blockRows / rowsOfTask;
  const stage: Stage = {
    key: `${key} input`,
    parameters: pointers("x", "v", "batch", "local"),
    tasks: ({ batch }) => Math.ceil((batch! * tilesY) / rowsOfTask),
    define: (module) => {
      const transform = defineInputTransform(module, `${stage.key} rows`, input, ops);
      return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Named;
        clearInputScratch(f, input, p.local!);
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const { row0, row1 } = emitRows(f, plan, rowsOfTask, task, p.batch!);
          const block = parts === 1 ? task : f.let(i32.divU(task, parts));
          let v = i32.add(p.v!, i32.mul(block, POINTS * plan.pitchV));
          if (parts > 1) v = i32.add(v, i32.mul(i32.remU(task, parts), rowsOfTask * tilesX * input.tileStep));
          f.do(f.call(transform, [p.x!, v, p.local!, row0, row1]));
        });
      });
    },
  };
  return stage;
}

interface Arranged {
  readonly arrangement: Arrangement;
  readonly input: InputTransform;
  readonly layout: LocalLayout;
  /** Groups of filters. */
  readonly groups: number;
}

/** Products and output transforms; tasks are blocks (fused), or blocks × groups of filters (staged). */
function defineProduct(
  module: ModuleBuilder,
  stage: Stage,
  plan: WinogradPlan,
  { arrangement, input, layout, groups }: Arranged,
  ops: Fused,
  epilogue: Epilogue | undefined,
): FunctionHandle {
  const transform =
    arrangement === "fused" ? defineInputTransform(module, `${stage.key} input`, input, ops) : undefined;
  const multiply = defineMultiply(module, `${stage.key} multiply`, plan, ops);
  const output = defineOutputTransform(module, `${stage.key} output`, plan, ops, epilogue);
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Named;
    const extra = epilogueParameters(epilogue).map(({ name }) => p[name]!);
    const m = f.let(i32.add(p.local!, layout.m));
    const scratch = f.let(i32.add(p.local!, layout.output));
    const task = f.local("i32");

    const group = (v: Index, index: Index, { row0, row1, tiles }: ReturnType<typeof emitBlock>): void => {
      const channel = f.let(i32.mul(index, plan.groupFilters * 4));
      const past = f.let(i32.add(channel, plan.groupFilters * 4));
      const end = f.let(i32.minS(past, plan.filters * 4));
      const filters = f.let(i32.sub(end, channel));
      const u = f.let(i32.add(p.packed!, i32.mul(index, Math.ceil(plan.groupFilters / 8) * 32 * plan.channels)));
      f.repeat(POINTS, (i) => {
        const at = (base: Index, pitch: number) => i32.add(base, i32.mul(i, pitch));
        f.do(f.call(multiply, [at(v, plan.pitchV), at(u, plan.pitchU), at(m, plan.pitchM), tiles, filters]));
      });
      f.do(f.call(output, [m, p.y!, scratch, row0, row1, channel, end, ...extra]));
    };

    if (transform !== undefined) clearInputScratch(f, input, p.local!);
    f.for(task, p.t0!, p.t1!, 1, () => {
      if (transform !== undefined) {
        const block = emitBlock(f, plan, task, p.batch!);
        const v = f.let(i32.add(p.local!, layout.v));
        f.do(f.call(transform, [p.x!, v, p.local!, block.row0, block.row1]));
        f.repeat(groups, (index) => group(v, index, block));
        return;
      }
      // Neighbouring tasks share their filters.
      const blocks = f.let(i32.divU(i32.add(i32.mul(p.batch!, plan.tilesY), plan.blockRows - 1), plan.blockRows));
      const index = f.let(i32.divU(task, blocks));
      const block = f.let(i32.sub(task, i32.mul(index, blocks)));
      const v = f.let(i32.add(p.v!, i32.mul(block, POINTS * plan.pitchV)));
      group(v, index, emitBlock(f, plan, block, p.batch!));
    });
  });
}
