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
import { correlation } from "./correlation.ts";
import { firstChannel, forPanel, panelSizes } from "./direct-panels.ts";
import { type DirectPlan, type DirectVariant, directPlan, groupBytes, phaseBytes, phaseSteps } from "./direct-plan.ts";
import { definePanel } from "./direct-tile.ts";
import { directWeights } from "./direct-weights.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
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

/** Stage (x, packed, y, batch, local, …epilogue); for the input gradient x is dy and y is dx. */
export function convDirect({ shape, direction, epilogue, variant, ...options }: DirectSpec): DirectKernel {
  const plan = directPlan(correlation(shape, direction), options, variant);
  const { work } = plan;
  const packing = `${direction} ${shapeKey(shape)} v${plan.inner ? "inner" : plan.vectors}${plan.wide ? " wide" : ""}`;
  const code = `${plan.rows}×${4 * plan.vectors} u${plan.unroll} b${plan.blockRows}·${plan.images}·${plan.panels}${plan.copy ? " copy" : ""}${plan.acrossRows ? " across" : ""}`;
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
