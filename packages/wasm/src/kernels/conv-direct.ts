/**
 * Direct convolution, channels-last, from packed weights: forward and input gradient of any stride, padding, dilation
 * and groups, as correlations. No im2col: the register tile walks rows of pixels at constant offsets, and a tap row of an
 * undilated kernel (kw · channels floats) is one run.
 *
 * Padding is zeros that are multiplied: an infinite or NaN weight gives NaN wherever its tap meets padding, where plain
 * loops (and the depthwise kernels) leave the tap out. Finite weights give equal values either way.
 */

import { type FunctionBuilder, type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { correlation, type Phase } from "./correlation.ts";
import { firstChannel, forPanel, type PanelSize, panelSizes } from "./direct-panels.ts";
import { type DirectPlan, type DirectVariant, directPlan, groupBytes, phaseBytes, phaseSteps } from "./direct-plan.ts";
import { directWeights } from "./direct-weights.ts";
import { type Epilogue, type EpilogueVector, epilogueKey, epilogueParameters } from "./epilogue.ts";
import {
  alignLine,
  type CodeOptions,
  fused,
  type Kernel,
  type MultiplyAdd,
  pointers,
  type Stage,
  signature,
} from "./kernel.ts";
import { clearColumns, copyRows, type PaddedCopy } from "./padded-copy.ts";
import { accumulate, forParts, storeLanes, sumLanes, zero } from "./tile.ts";

export interface DirectSpec extends CodeOptions {
  /** The shape of the forward convolution. */
  readonly shape: ConvShape;
  readonly direction: "forward" | "inputGradient";
  readonly epilogue?: Epilogue;
  readonly variant?: DirectVariant;
}

export interface DirectKernel extends Kernel {
  /** Packs the weights that this kernel reads: stage (w, packed). */
  readonly weights: Kernel;
  readonly plan: DirectPlan;
}

/** Up to this many multiply-add steps are written out without loops. */
const STRAIGHT = 36;

/** Stage (x, packed, y, batch, local, …epilogue); for the input gradient x is dy and y is dx. */
export function convDirect({ shape, direction, epilogue, variant, ...options }: DirectSpec): DirectKernel {
  const plan = directPlan(correlation(shape, direction), options, variant);
  const { work } = plan;
  const packing = `${direction} ${shapeKey(shape)} v${plan.inner ? "inner" : plan.vectors}${plan.wide ? " wide" : ""}`;
  const code = `${plan.rows}×${4 * plan.vectors} u${plan.unroll} b${plan.blockRows}·${plan.images}·${plan.panels}${plan.copy ? " copy" : ""}`;
  const key = `direct ${packing} ${code}${options.relaxed ? "" : " plain"}${epilogueKey(epilogue)}`;
  const parameters = [...pointers("x", "packed", "y", "batch", "local"), ...epilogueParameters(epilogue)];
  const inner = work.groups * plan.rowBlocks * plan.panelGroups;
  const stage: Stage = {
    key,
    parameters,
    tasks: ({ batch }) => Math.ceil(batch! / plan.images) * inner,
    define: (module) => defineTasks(module, plan, stage, epilogue, fused(options).madd),
  };
  return {
    variant: `direct ${plan.inner ? "inner" : `${plan.rows}×${4 * plan.vectors}`}${plan.copy ? ", padded copy" : ""}`,
    stages: [stage],
    scratch: () => ({ shared: {}, local: plan.copy ? alignLine(plan.images * plan.imagePitch) + 64 : 0 }),
    flops: ({ batch }) => convFlops(shape, batch!),
    weights: directWeights(plan, packing),
    plan,
  };
}

function copyOf(plan: DirectPlan): PaddedCopy {
  return {
    height: plan.work.input[0],
    width: plan.work.input[1],
    allChannels: plan.work.groups * plan.work.contracted,
    channels: plan.work.contracted,
    firstColumn: plan.firstColumn,
    rows: plan.copiedRows,
    columns: plan.copiedColumns,
  };
}

function defineTasks(
  module: ModuleBuilder,
  plan: DirectPlan,
  stage: Stage,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle {
  const { work } = plan;
  const functions = work.phases.map(
    (phase, index) =>
      new Map(
        panelSizes(plan).map((size) => {
          const name = `${stage.key} phase ${index} width ${size.channels}`;
          return [size.channels, definePanel(module, name, plan, phase, size, epilogue, madd)];
        }),
      ),
  );
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Local<"i32">>;
    const extra = epilogueParameters(epilogue).map(({ name }) => p[name]!);
    if (plan.copy)
      f.repeat(plan.images, (i) =>
        clearColumns(f, copyOf(plan), f.let(i32.add(p.local!, i32.mul(i, plan.imagePitch)))),
      );
    const task = f.local("i32");
    f.for(task, p.t0!, p.t1!, 1, () => {
      const rest = f.let(task);
      const digit = (radix: number): Local<"i32"> => {
        if (radix === 1) return f.let(i32.const(0));
        const quotient = f.let(i32.divU(rest, radix));
        const value = f.let(i32.sub(rest, i32.mul(quotient, radix)));
        f.set(rest, quotient);
        return value;
      };
      const panelGroup = digit(plan.panelGroups);
      const rowBlock = digit(plan.rowBlocks);
      const group = digit(work.groups);
      const image0 = f.let(i32.mul(rest, plan.images));
      const past = f.let(i32.add(image0, plan.images));
      const images = f.let(i32.sub(i32.minS(past, p.batch!), image0));
      const t0 = f.let(i32.mul(rowBlock, plan.blockRows));
      const source = defineSource(f, plan, p, { image0, images, group, t0 });
      const panel0 = f.let(i32.mul(panelGroup, plan.panels));
      const panelPast = f.let(i32.add(panel0, plan.panels));
      const panel1 = f.let(i32.minS(panelPast, plan.panelCount));
      const packed = f.let(i32.add(p.packed!, i32.mul(group, groupBytes(plan))));
      work.phases.forEach((phase, index) => {
        const stop = f.let(i32.add(t0, plan.blockRows));
        const rows = f.let(i32.sub(i32.minS(stop, phase.y.count), t0));
        const panel = f.local("i32");
        f.if(i32.gtS(rows, 0), () => {
          f.for(panel, panel0, panel1, 1, () => {
            const first = firstChannel(f, plan, panel);
            const channel = f.let(i32.mul(i32.add(i32.mul(group, work.results), first), 4));
            const weights = f.let(i32.add(packed, i32.mul(first, phaseSteps(work, phase) * 4)));
            const a = f.let(source);
            f.repeat(images, (i) => {
              const line = i32.add(
                i32.mul(i32.add(image0, i), work.output[0]),
                i32.add(i32.mul(t0, phase.y.outputStep), phase.y.outputStart),
              );
              const pixel = i32.add(i32.mul(line, work.output[1]), phase.x.outputStart);
              const offset = f.let(i32.add(i32.mul(pixel, work.groups * work.results * 4), channel));
              forPanel(f, plan, panel, ({ channels }) => {
                const call = functions[index]!.get(channels)!;
                f.do(f.call(call, [a, weights, p.y!, offset, channel, rows, ...extra]));
              });
              f.increment(a, plan.copy ? plan.imagePitch : work.input[0] * plan.rowPitch);
            });
          });
        });
        f.increment(packed, phaseBytes(plan, phase));
      });
    });
  });
}

interface Where {
  readonly image0: Local<"i32">;
  readonly images: Local<"i32">;
  readonly group: Local<"i32">;
  readonly t0: Local<"i32">;
}

/** The address that stands for input row t0·step + firstRow and column firstColumn: of the copy made here, or in place. */
function defineSource(
  f: FunctionBuilder,
  plan: DirectPlan,
  p: Record<string, Local<"i32">>,
  { image0, images, group, t0 }: Where,
): Local<"i32"> {
  const { work } = plan;
  const [height, width] = work.input;
  const all = work.groups * work.contracted * 4;
  const first = f.let(i32.add(i32.mul(t0, work.phases[0]!.y.step), plan.firstRow));
  const image = f.let(
    i32.add(p.x!, i32.add(i32.mul(image0, height * width * all), i32.mul(group, work.contracted * 4))),
  );
  if (!plan.copy) return f.let(i32.add(image, i32.add(i32.mul(first, plan.rowPitch), plan.firstColumn * plan.pixel)));
  const target = f.let(p.local!);
  f.repeat(images, () => {
    copyRows(f, copyOf(plan), { target, image, first });
    f.increment(target, plan.imagePitch);
    f.increment(image, height * width * all);
  });
  return p.local!;
}

/** Defines `(a, weights, y, offset, channel, rows, …epilogue)`: some output rows of a phase, for one panel of one image. */
function definePanel(
  module: ModuleBuilder,
  name: string,
  plan: DirectPlan,
  phase: Phase,
  { channels, packed }: PanelSize,
  epilogue: Epilogue | undefined,
  madd: MultiplyAdd,
): FunctionHandle<"void"> {
  const { work } = plan;
  const own = { a: "i32", weights: "i32", y: "i32", offset: "i32", channel: "i32", rows: "i32" } as const;
  const vectors = Math.ceil(channels / 4);
  const resultPixel = work.groups * work.results * 4 * phase.x.outputStep;
  const resultRow = work.groups * work.results * 4 * work.output[1] * phase.y.outputStep;
  const limit = rowLimit(plan, vectors);
  return module.function({ name, parameters: { ...own, ...epilogue?.parameters }, export: false }, (f, all) => {
    const p = all as unknown as { readonly [K in keyof typeof own]: Local<"i32"> };
    const extra = Object.fromEntries(
      Object.keys(epilogue?.parameters ?? {}).map((key) => [key, all[key as "a"] as Local]),
    );
    const start = (phase.y.offset - plan.firstRow) * plan.rowPitch + (phase.x.offset - plan.firstColumn) * plan.pixel;
    if (phaseSteps(work, phase) > 0) f.increment(p.a, start);
    f.repeat(p.rows, () => {
      const pixel = f.let(p.a);
      const offset = f.let(p.offset);
      forParts(f, phase.x.count, limit, (_start, size) => {
        const accumulators = f.locals("v128", size * vectors);
        zero(f, accumulators);
        const offsets = Array.from({ length: size }, (_, r) => r * phase.x.step * plan.pixel);
        accumulateTaps(f, plan, phase, { accumulators, offsets, pixel, weights: p.weights, vectors, packed }, madd);
        if (plan.inner) for (const value of accumulators) f.set(value, sumLanes(f, value));
        const places = accumulators.map((value, k): EpilogueVector => {
          const v = k % vectors;
          return {
            value,
            offset: i32.add(offset, Math.floor(k / vectors) * resultPixel + 16 * v),
            channel: i32.add(p.channel, 16 * v),
            lanes: Math.min(4, channels - 4 * v),
          };
        });
        epilogue?.emit(f, extra, places);
        const base = f.let(i32.add(p.y, offset));
        // The last first: an engine that joins stores wants the higher address of a pair before the lower.
        for (let k = places.length - 1; k >= 0; k--) {
          const { value, lanes } = places[k]!;
          f.do(...storeLanes(base, value, lanes, Math.floor(k / vectors) * resultPixel + 16 * (k % vectors)));
        }
        f.increment(pixel, size * phase.x.step * plan.pixel);
        f.increment(offset, size * resultPixel);
      });
      f.increment(p.a, phase.y.step * plan.rowPitch);
      f.increment(p.offset, resultRow);
    });
  });
}

/** Rows that a register tile of so many vectors takes at most. */
function rowLimit(plan: DirectPlan, vectors: number): number {
  if (vectors === 1) return Math.min(12, 2 * plan.rows + 2);
  // One pair: as many sums as multiply-adds are under way at once; more were slower.
  return plan.wide && vectors === 2 ? Math.max(8, plan.rows) : plan.rows;
}

interface TapTile {
  readonly accumulators: readonly Local<"v128">[];
  readonly offsets: readonly number[];
  readonly pixel: Local<"i32">;
  readonly weights: Local<"i32">;
  readonly vectors: number;
  /** Channels of the packed panel. */
  readonly packed: number;
}

/** Sums over taps and channels: runs along a tap row, tap rows one after another. */
function accumulateTaps(f: FunctionBuilder, plan: DirectPlan, phase: Phase, tile: TapTile, madd: MultiplyAdd): void {
  const { work } = plan;
  const steps = phaseSteps(work, phase);
  if (steps === 0) return;
  const channelsAStep = plan.inner ? 4 : 1;
  const straight = plan.unroll > 1 && steps <= STRAIGHT * channelsAStep;
  const oneRun = phase.x.spacing === 1 && plan.pixel === work.contracted * 4;
  const runs = oneRun ? 1 : phase.x.taps.length;
  const run = (oneRun ? phase.x.taps.length * work.contracted : work.contracted) / channelsAStep;
  const bytes = plan.inner ? 16 : tile.packed * 4;
  const b = f.let(tile.weights);
  const again = (count: number, body: () => void): void => {
    if (straight || count === 1) for (let k = 0; k < count; k++) body();
    else f.repeat(count, body);
  };
  const row = f.let(tile.pixel);
  again(phase.y.taps.length, () => {
    const tap = f.let(row);
    again(runs, () => {
      accumulate(f, {
        accumulators: tile.accumulators,
        a: {
          pointer: runs === 1 ? tap : f.let(tap),
          offsets: tile.offsets,
          step: 4 * channelsAStep,
          vectors: plan.inner,
        },
        b: { pointer: b, offsets: Array.from({ length: tile.vectors }, (_, v) => 16 * v), step: bytes },
        count: run,
        unroll: straight ? run : plan.unroll,
        madd,
      });
      if (runs > 1) f.increment(tap, phase.x.spacing * plan.pixel);
    });
    f.increment(row, phase.y.spacing * plan.rowPitch);
  });
}
