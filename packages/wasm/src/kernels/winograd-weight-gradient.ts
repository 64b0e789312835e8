/**
 * Weight gradient of a 3×3 convolution by Winograd, F(3×3, 4×4): dw is the correlation of x with dy; each 6×6 tile of x
 * meets the 4×4 tile of dy at the same place, and all tiles add up before the one transform back:
 *
 *     dw = Aᵀ [ Σ_tiles (G dy Gᵀ) ⊙ (Bᵀ x B) ] A
 *
 * Two arrangements. Chunked, for few channels: tasks are runs of tile rows, each with partial sums of its own in shared
 * memory. Staged, for many: all tiles are transformed into shared memory, then tasks are blocks of dw that sum over all
 * tiles in their thread's scratch, so that the sums (36 times the weights' size over 9) never travel.
 */

import { i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { type ChunkRule, chunkCount, chunkKey, chunkRule, chunkStart, emitChunkCount } from "./conv-chunks.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import {
  alignLine,
  type CodeOptions,
  type Fused,
  fused,
  type Kernel,
  planePitch,
  pointers,
  type Stage,
  signature,
} from "./kernel.ts";
import { type AccumulatePlan, bytesOfM, defineAccumulate, pitchOfM, TILE_BYTES } from "./winograd-accumulate.ts";
import {
  channelsTogether,
  clearInputScratch,
  defineInputTransform,
  type InputTransform,
  inputScratch,
} from "./winograd-input.ts";
import { defineInverse, INVERSE_SCRATCH } from "./winograd-inverse.ts";
import { POINTS } from "./winograd-plan.ts";

export interface WinogradWeightGradientVariant {
  /** Tile rows transformed together. */
  readonly blockRows?: number;
  /** Chunked: number of partial sums. */
  readonly chunks?: number;
  /** Staged: extents of the part of dw that one task makes, multiples of 8. */
  readonly blockFilters?: number;
  readonly blockChannels?: number;
  readonly unroll?: number;
}

export interface WinogradWeightGradientSpec extends CodeOptions {
  /** The shape of the forward convolution. */
  readonly shape: ConvShape;
  readonly arrangement: "chunked" | "staged";
  readonly variant?: WinogradWeightGradientVariant;
}

interface Tiles {
  readonly tilesY: number;
  readonly tilesX: number;
  readonly blockRows: number;
  readonly x: InputTransform;
  readonly dy: InputTransform;
}

/** Tiles that a chunk should have, and bytes that all partial sums may take. */
const CHUNK_TILES = 128;
const PARTIAL_BYTES = 12e6;

function tilesOf(shape: ConvShape, blockTiles: number, blockRowsOption: number | undefined): Tiles {
  const [y, x] = shape.axes;
  const tilesY = Math.ceil(y.output / 4);
  const tilesX = Math.ceil(x.output / 4);
  const blockRows = blockRowsOption ?? Math.max(1, Math.round(blockTiles / tilesX));
  const vectorStep = blockRows * tilesX * 16;
  const common = { tilesY, tilesX, tileStep: 16, vectorStep };
  const image = (channels: number) => ({
    channels,
    pitch: planePitch((channels / 4) * vectorStep),
    together: channelsTogether(channels),
  });
  return {
    tilesY,
    tilesX,
    blockRows,
    x: {
      ...common,
      ...image(shape.channels),
      window: 6,
      height: y.input,
      width: x.input,
      padY: y.padBefore,
      padX: x.padBefore,
    },
    dy: { ...common, ...image(shape.filters), window: 4, height: y.output, width: x.output, padY: 0, padX: 0 },
  };
}

export function winogradWeightGradient(spec: WinogradWeightGradientSpec): Kernel {
  return spec.arrangement === "chunked" ? chunked(spec) : staged(spec);
}

const plain = (relaxed: boolean): string => (relaxed ? "" : " plain");

/** Stages (x, dy, partial, batch, local) and (partial, dw, batch, local). */
function chunked({ shape, relaxed, variant = {} }: WinogradWeightGradientSpec): Kernel {
  const t = tilesOf(shape, 48, variant.blockRows);
  const plan: AccumulatePlan = {
    filters: shape.filters,
    channels: shape.channels,
    pitchY: t.dy.pitch,
    pitchV: t.x.pitch,
    panel: t.x.vectorStep,
    unroll: variant.unroll ?? (relaxed ? 4 : 1),
  };
  const chunkBytes = alignLine(bytesOfM(plan));
  const rule = chunkRule(t.tilesY * t.tilesX, CHUNK_TILES, chunkBytes, PARTIAL_BYTES, variant.chunks);
  const ops = fused({ relaxed });
  const name = `winogradWeightGradient ${shapeKey(shape)} b${t.blockRows} ${chunkKey(rule)} u${plan.unroll}${plain(relaxed)}`;
  const offsetDy = alignLine(inputScratch(t.x));
  const offsetV = offsetDy + alignLine(inputScratch(t.dy));
  const offsetY = offsetV + POINTS * t.x.pitch;
  const local = alignLine(offsetY + POINTS * t.dy.pitch);

  const first: Stage = {
    key: `${name} accumulate`,
    parameters: pointers("x", "dy", "partial", "batch", "local"),
    tasks: ({ batch }) => chunkCount(rule, batch!),
    define: (module) => {
      const transformX = defineInputTransform(module, `${name} x`, t.x, ops);
      const transformY = defineInputTransform(module, `${name} dy`, t.dy, ops);
      const multiply = defineAccumulate(module, `${name} multiply`, plan, ops);
      return module.function({ name: first.key, parameters: signature(first.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const scratchY = f.let(i32.add(p.local!, offsetDy));
        const v = f.let(i32.add(p.local!, offsetV));
        const y = f.let(i32.add(p.local!, offsetY));
        const rows = f.let(i32.mul(p.batch!, t.tilesY));
        clearInputScratch(f, t.x, p.local!);
        clearInputScratch(f, t.dy, scratchY);
        const chunks = emitChunkCount(f, rule, p.batch!);
        const chunk = f.local("i32");
        f.for(chunk, p.t0!, p.t1!, 1, () => {
          const start = f.let(chunkStart(chunk, rows, chunks));
          const end = f.let(chunkStart(i32.add(chunk, 1), rows, chunks));
          const m = f.let(i32.add(p.partial!, i32.mul(chunk, chunkBytes)));
          const row = f.let(start);
          // An empty chunk still runs once, over no tiles, to write its zeros.
          f.doWhile(() => {
            const past = f.let(i32.add(row, t.blockRows));
            const stop = f.let(i32.minS(past, end));
            f.do(
              f.call(transformX, [p.x!, v, p.local!, row, stop]),
              f.call(transformY, [p.dy!, y, scratchY, row, stop]),
            );
            f.repeat(POINTS, (i) => {
              f.do(
                f.call(multiply, [
                  i32.add(y, i32.mul(i, t.dy.pitch)),
                  i32.add(v, i32.mul(i, t.x.pitch)),
                  i32.add(m, i32.mul(i, pitchOfM(plan))),
                  i32.mul(i32.sub(stop, row), t.tilesX),
                  i32.eq(row, start),
                ]),
              );
            });
            f.set(row, stop);
            return i32.ltS(row, end);
          });
        });
      });
    },
  };
  const second = inverseStage(name, shape, plan, rule, chunkBytes, ops);
  return {
    variant: `winograd weight gradient, ${chunkKey(rule)} chunks`,
    stages: [first, second],
    scratch: ({ batch }) => ({
      shared: { partial: chunkCount(rule, batch!) * chunkBytes },
      local: Math.max(local, INVERSE_SCRATCH),
    }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

/** Stage (partial, dw, batch, local): a task makes the gradient of four filters. */
function inverseStage(
  name: string,
  shape: ConvShape,
  plan: AccumulatePlan,
  rule: ChunkRule,
  chunkBytes: number,
  ops: Fused,
): Stage {
  const stage: Stage = {
    key: `${name} inverse`,
    parameters: pointers("partial", "dw", "batch", "local"),
    tasks: () => shape.filters / 4,
    define: (module) => {
      const inverse = defineInverse(
        module,
        `${name} inverse rows`,
        { ...plan, allChannels: shape.channels, chunkBytes },
        ops,
      );
      return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const rowBytes = Math.ceil(shape.channels / 8) * TILE_BYTES;
        f.do(
          f.call(inverse, [
            i32.add(p.partial!, i32.mul(p.t0!, rowBytes)),
            i32.add(p.dw!, i32.mul(p.t0!, 4 * shape.channels * 36)),
            p.local!,
            i32.sub(p.t1!, p.t0!),
            emitChunkCount(f, rule, p.batch!),
          ]),
        );
      });
    },
  };
  return stage;
}

/** Stages (x, v, batch, local), (dy, y, batch, local) and (v, y, dw, batch, local). */
function staged({ shape, relaxed, variant = {} }: WinogradWeightGradientSpec): Kernel {
  const t = tilesOf(shape, 64, variant.blockRows);
  const ops = fused({ relaxed });
  const filters = Math.min(variant.blockFilters ?? 64, shape.filters);
  const channels = Math.min(variant.blockChannels ?? 32, shape.channels);
  const unroll = variant.unroll ?? (relaxed ? 4 : 1);
  const name = `winogradWeightGradient staged ${shapeKey(shape)} b${t.blockRows} ${filters}×${channels} u${unroll}${plain(relaxed)}`;
  const blocks = (batch: number): number => Math.ceil((batch * t.tilesY) / t.blockRows);
  const transform = (operand: "x" | "dy", target: "v" | "y"): Stage => {
    const stage: Stage = {
      key: `${name} ${operand}`,
      parameters: pointers(operand, target, "batch", "local"),
      tasks: ({ batch }) => blocks(batch!),
      define: (module) => {
        const rows = defineInputTransform(module, `${name} ${operand} rows`, t[operand], ops);
        return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
          const p = named as Record<string, Local<"i32">>;
          const all = f.let(i32.mul(p.batch!, t.tilesY));
          clearInputScratch(f, t[operand], p.local!);
          const block = f.local("i32");
          f.for(block, p.t0!, p.t1!, 1, () => {
            const row = f.let(i32.mul(block, t.blockRows));
            const past = f.let(i32.add(row, t.blockRows));
            f.do(
              f.call(rows, [
                p[operand]!,
                i32.add(p[target]!, i32.mul(block, POINTS * t[operand].pitch)),
                p.local!,
                row,
                i32.minS(past, all),
              ]),
            );
          });
        });
      },
    };
    return stage;
  };
  const multiply = productStage(name, shape, t, { filters, channels, unroll }, ops);
  return {
    variant: `winograd weight gradient, staged ${filters}×${channels}`,
    stages: [transform("x", "v"), transform("dy", "y"), multiply.stage],
    scratch: ({ batch }) => ({
      shared: { v: blocks(batch!) * POINTS * t.x.pitch, y: blocks(batch!) * POINTS * t.dy.pitch },
      local: Math.max(inputScratch(t.x), inputScratch(t.dy), multiply.local),
    }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

function productStage(
  name: string,
  shape: ConvShape,
  t: Tiles,
  block: { filters: number; channels: number; unroll: number },
  ops: Fused,
): { stage: Stage; local: number } {
  const across = Math.ceil(shape.channels / block.channels);
  const down = Math.ceil(shape.filters / block.filters);
  const part = (filters: number, channels: number): AccumulatePlan => ({
    filters,
    channels,
    pitchY: t.dy.pitch,
    pitchV: t.x.pitch,
    panel: t.x.vectorStep,
    unroll: block.unroll,
  });
  const whole = part(block.filters, block.channels);
  const stage: Stage = {
    key: `${name} multiply`,
    parameters: pointers("v", "y", "dw", "batch", "local"),
    tasks: () => across * down,
    define: (module) => defineProducts(module, stage, shape, t, whole, part, { across, down }, ops),
  };
  return { stage, local: alignLine(bytesOfM(whole)) + INVERSE_SCRATCH };
}

type Part = (filters: number, channels: number) => AccumulatePlan;

/** A task per block of dw; blocks at the right and lower edge may be smaller, with code of their own. */
function defineProducts(
  module: ModuleBuilder,
  stage: Stage,
  shape: ConvShape,
  t: Tiles,
  whole: AccumulatePlan,
  part: Part,
  { across, down }: { across: number; down: number },
  ops: Fused,
): ReturnType<Stage["define"]> {
  const lastChannels = shape.channels - (across - 1) * whole.channels;
  const lastFilters = shape.filters - (down - 1) * whole.filters;
  const functions = new Map<string, readonly [ReturnType<typeof defineAccumulate>, ReturnType<typeof defineInverse>]>();
  const functionsOf = (filters: number, channels: number) => {
    const key = `${stage.key} ${filters}×${channels}`;
    const found = functions.get(key);
    if (found !== undefined) return found;
    const made = [
      defineAccumulate(module, key, part(filters, channels), ops),
      defineInverse(module, `${key} inverse`, { filters, channels, allChannels: shape.channels }, ops),
    ] as const;
    functions.set(key, made);
    return made;
  };
  for (const filters of [whole.filters, lastFilters])
    for (const channels of [whole.channels, lastChannels]) functionsOf(filters, channels);
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Local<"i32">>;
    const scratch = f.let(i32.add(p.local!, alignLine(bytesOfM(whole))));
    const rows = f.let(i32.mul(p.batch!, t.tilesY));
    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const o = f.let(i32.divU(task, across));
      const c = f.let(i32.sub(task, i32.mul(o, across)));
      const emit = (filters: number, channels: number): void => {
        const plan = part(filters, channels);
        const [multiply, inverse] = functionsOf(filters, channels);
        const y = f.let(i32.add(p.y!, i32.mul(o, (whole.filters / 4) * plan.panel)));
        const v = f.let(i32.add(p.v!, i32.mul(c, (whole.channels / 4) * plan.panel)));
        const row = f.let(i32.const(0));
        f.doWhile(() => {
          const past = f.let(i32.add(row, t.blockRows));
          const stop = f.let(i32.minS(past, rows));
          f.repeat(POINTS, (i) => {
            f.do(
              f.call(multiply, [
                i32.add(y, i32.mul(i, plan.pitchY)),
                i32.add(v, i32.mul(i, plan.pitchV)),
                i32.add(p.local!, i32.mul(i, pitchOfM(plan))),
                i32.mul(i32.sub(stop, row), t.tilesX),
                i32.eqz(row),
              ]),
            );
          });
          f.increment(y, POINTS * plan.pitchY);
          f.increment(v, POINTS * plan.pitchV);
          f.set(row, stop);
          return i32.ltS(row, rows);
        });
        const place = i32.add(i32.mul(o, whole.filters * shape.channels * 36), i32.mul(c, whole.channels * 36));
        f.do(f.call(inverse, [p.local!, i32.add(p.dw!, place), scratch, filters / 4, 1]));
      };
      const choose = (filters: number): void =>
        lastChannels === whole.channels
          ? emit(filters, whole.channels)
          : f.if(
              i32.eq(c, across - 1),
              () => emit(filters, lastChannels),
              () => emit(filters, whole.channels),
            );
      if (lastFilters === whole.filters) choose(whole.filters);
      else
        f.if(
          i32.eq(o, down - 1),
          () => choose(lastFilters),
          () => choose(whole.filters),
        );
    });
  });
}
