/**
 * Winograd weight gradient for many channels: all tiles are transformed into shared memory, then tasks are blocks of dw
 * that sum over all tiles in their thread's scratch and transform back there, so that the sums (36 for every 9 weights)
 * never travel.
 */

import { i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { convFlops, shapeKey } from "./conv-shape.ts";
import { alignLine, type Fused, fused, type Kernel, pointers, type Stage, signature } from "./kernel.ts";
import { type AccumulatePlan, bytesOfM, defineAccumulate, pitchOfM } from "./winograd-accumulate.ts";
import { productsOf, type Tiles, tilesOf, type WinogradWeightGradientSpec } from "./winograd-gradient-plan.ts";
import { clearInputScratch, defineInputTransform, inputScratch } from "./winograd-input.ts";
import { defineInverse, inverseScratch } from "./winograd-inverse.ts";
import type { Width } from "./winograd-lockstep.ts";
import { codeKey, POINTS, taskRows } from "./winograd-plan.ts";

/** Filters and channels of a task by the vectors of a unit: register tiles are 4×8 or 4×16. */
const BLOCKS: Readonly<Record<Width, readonly [number, number]>> = { 1: [64, 32], 2: [128, 16] };

/** Stages (x, v, batch, local), (dy, y, batch, local) and (v, y, dw, batch, local). */
export function stagedGradient(spec: WinogradWeightGradientSpec): Kernel {
  const { shape, relaxed, variant = {} } = spec;
  const t = tilesOf(shape, 64, spec, variant.blockRows);
  const { blockRows, tilesX, tilesY } = t;
  const ops = fused({ relaxed });
  const [high, across] = BLOCKS[t.x.units.width];
  const filters = Math.min(variant.blockFilters ?? high, shape.filters);
  const channels = Math.min(variant.blockChannels ?? across, shape.channels);
  const unroll = variant.unroll ?? (relaxed ? 4 : 1);
  const name = `winogradWeightGradient staged ${shapeKey(shape)} b${t.blockRows} ${filters}×${channels} u${unroll}${codeKey(spec)}`;
  const blocks = (batch: number): number => Math.ceil((batch * t.tilesY) / t.blockRows);
  const transform = (operand: "x" | "dy", target: "v" | "y"): Stage => {
    const rowsOfTask = taskRows(blockRows, tilesX, spec.wide === true);
    const parts = blockRows / rowsOfTask;
    const stage: Stage = {
      key: `${name} ${operand}`,
      parameters: pointers(operand, target, "batch", "local"),
      tasks: ({ batch }) => Math.ceil((batch! * tilesY) / rowsOfTask),
      define: (module) => {
        const rows = defineInputTransform(module, `${name} ${operand} rows`, t[operand], ops);
        return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
          const p = named as Record<string, Local<"i32">>;
          const all = f.let(i32.mul(p.batch!, t.tilesY));
          clearInputScratch(f, t[operand], p.local!);
          const task = f.local("i32");
          f.for(task, p.t0!, p.t1!, 1, () => {
            const row = f.let(i32.mul(task, rowsOfTask));
            const past = f.let(i32.add(row, rowsOfTask));
            let to = i32.add(
              p[target]!,
              i32.mul(parts === 1 ? task : i32.divU(task, parts), POINTS * t[operand].pitch),
            );
            if (parts > 1) to = i32.add(to, i32.mul(i32.remU(task, parts), rowsOfTask * tilesX * t[operand].tileStep));
            f.do(f.call(rows, [p[operand]!, to, p.local!, row, i32.minS(past, all)]));
          });
        });
      },
    };
    return stage;
  };
  const multiply = productStage(name, spec, t, { filters, channels, unroll }, ops);
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
  spec: WinogradWeightGradientSpec,
  t: Tiles,
  block: { filters: number; channels: number; unroll: number },
  ops: Fused,
): { stage: Stage; local: number } {
  const { shape } = spec;
  const across = Math.ceil(shape.channels / block.channels);
  const down = Math.ceil(shape.filters / block.filters);
  const part: Part = (filters, channels) => productsOf(t, filters, channels, block.unroll);
  const whole = part(block.filters, block.channels);
  const stage: Stage = {
    key: `${name} multiply`,
    parameters: pointers("v", "y", "dw", "batch", "local"),
    tasks: () => across * down,
    define: (module) => defineProducts(module, stage, spec, t, whole, part, { across, down }, ops),
  };
  return { stage, local: alignLine(bytesOfM(whole)) + inverseScratch(whole) };
}

type Part = (filters: number, channels: number) => AccumulatePlan;

/** A task per block of dw; blocks at the right and lower edge may be smaller, with code of their own. */
function defineProducts(
  module: ModuleBuilder,
  stage: Stage,
  { shape, wide = false }: WinogradWeightGradientSpec,
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
      defineInverse(module, `${key} inverse`, { ...part(filters, channels), wide, allChannels: shape.channels }, ops),
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
        const y = f.let(i32.add(p.y!, i32.mul(o, (whole.filters / 4 / plan.widthY) * plan.panelY)));
        const v = f.let(i32.add(p.v!, i32.mul(c, (whole.channels / 4 / plan.width) * plan.panelV)));
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
