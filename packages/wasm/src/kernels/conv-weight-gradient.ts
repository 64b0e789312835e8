/**
 * Direct weight gradient of a convolution, channels-last, of any stride, padding, dilation and groups: see
 * `weight-gradient-plan.ts` for the arrangement of the sums. Padding is zeros that are multiplied: an infinite or NaN dy gives
 * NaN for the taps that met padding there.
 */

import { type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { chunkCount, chunkKey, chunkStart, emitChunkCount } from "./conv-chunks.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
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
import { definePanelCopy } from "./panel-copy.ts";
import { touch } from "./touch.ts";
import { combineStage } from "./weight-gradient-combine.ts";
import { definePanelSums } from "./weight-gradient-panels.ts";
import {
  taps,
  type WeightGradientPlan,
  type WeightGradientVariant,
  weightGradientPlan,
} from "./weight-gradient-plan.ts";
import { defineTapSums } from "./weight-gradient-taps.ts";

export interface WeightGradientSpec extends CodeOptions {
  readonly shape: ConvShape;
  readonly variant?: WeightGradientVariant;
}

type Index = Local<"i32">;

/** Stages (x, dy, partial, batch, local) and (partial, dw, batch). */
export function convWeightGradient({ shape, variant, ...options }: WeightGradientSpec): Kernel {
  const plan = weightGradientPlan(shape, options, variant);
  const cut = `${plan.arrangement} b${plan.blockRows}·${plan.images}·${plan.blockChannels} ${chunkKey(plan.chunks)} r${plan.rows} u${plan.unroll}`;
  const key = `${shapeKey(shape)} ${cut}${options.relaxed ? "" : " plain"}${options.wide ? " wide" : ""}`;
  const stage: Stage = {
    key: `weightGradient ${key}`,
    parameters: pointers("x", "dy", "partial", "batch", "local"),
    tasks: ({ batch }) => chunkCount(plan.chunks, batch!) * shape.groups * plan.channelBlocks,
    define: (module) =>
      (plan.arrangement === "panels" ? definePanels : defineTaps)(module, stage, plan, fused(options).madd),
  };
  const local =
    plan.arrangement === "taps"
      ? plan.copiedRows * plan.copiedColumns * shape.channels * 4
      : offsetY(plan) + Math.ceil(shape.filters / 4) * plan.pitchY;
  return {
    variant: `direct weight gradient, ${plan.arrangement}, ${chunkKey(plan.chunks)} chunks`,
    stages: [stage, combineStage(plan, `${key}`)],
    scratch: ({ batch }) => ({
      shared: { partial: chunkCount(plan.chunks, batch!) * plan.chunkBytes },
      local: alignLine(local) + 64,
    }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

const offsetY = (plan: WeightGradientPlan): number =>
  Math.ceil(plan.blockChannels / 4 / plan.panelVectors) * plan.pitchX;

interface Unit {
  /** First image and number of images, first output row and number of rows. */
  readonly image: Index;
  readonly images: Index;
  readonly row: Index;
  readonly rows: Index;
  /** Whether the chunk starts here. */
  readonly first: Index;
}

/** Emits the loop over tasks and their units; an empty chunk runs one empty unit, to write its zeros. */
function forUnits(
  f: Parameters<Parameters<ModuleBuilder["function"]>[1]>[0],
  plan: WeightGradientPlan,
  p: Readonly<Record<string, Index>>,
  body: (task: { chunk: Index; group: Index; block: Index }, unit: Unit) => void,
): void {
  const {
    groups,
    axes: [y],
  } = plan.shape;
  const units =
    plan.rowBlocks === 1
      ? f.let(i32.divU(i32.add(p.batch!, plan.images - 1), plan.images))
      : f.let(i32.mul(p.batch!, plan.rowBlocks));
  const chunks = emitChunkCount(f, plan.chunks, p.batch!);
  const task = f.local("i32");
  f.for(task, p.t0!, p.t1!, 1, () => {
    const rest = f.let(i32.divU(task, plan.channelBlocks));
    const block = f.let(i32.sub(task, i32.mul(rest, plan.channelBlocks)));
    const chunk = f.let(i32.divU(rest, groups));
    const group = f.let(i32.sub(rest, i32.mul(chunk, groups)));
    const start = f.let(chunkStart(chunk, units, chunks));
    const end = f.let(chunkStart(i32.add(chunk, 1), units, chunks));
    const at = f.let(start);
    f.doWhile(() => {
      const image = f.let(plan.rowBlocks === 1 ? i32.mul(at, plan.images) : i32.divU(at, plan.rowBlocks));
      const row = f.let(
        plan.rowBlocks === 1 ? i32.const(0) : i32.mul(i32.sub(at, i32.mul(image, plan.rowBlocks)), plan.blockRows),
      );
      const left = f.let(i32.sub(p.batch!, image));
      const rowsLeft = f.let(i32.sub(y.output, row));
      const images = f.let(i32.mul(i32.minS(left, plan.images), i32.ltS(at, end)));
      const rows = f.let(i32.minS(rowsLeft, plan.blockRows));
      body({ chunk, group, block }, { image, images, row, rows, first: f.let(i32.eq(at, start)) });
      f.increment(at, 1);
      return i32.ltS(at, end);
    });
  });
}

function definePanels(
  module: ModuleBuilder,
  stage: Stage,
  plan: WeightGradientPlan,
  madd: MultiplyAdd,
): FunctionHandle {
  const { shape, blockChannels, channelBlocks } = plan;
  const [y, x] = shape.axes;
  const lastChannels = shape.channels - (channelBlocks - 1) * blockChannels;
  const sizes = [...new Set([channelBlocks > 1 ? blockChannels : lastChannels, lastChannels])];
  const functions = new Map(
    sizes.map((channels) => [
      channels,
      {
        copy: definePanelCopy(module, `${stage.key} x ${channels}`, {
          height: y.input,
          width: x.input,
          allChannels: shape.groups * shape.channels,
          channels,
          firstColumn: -x.padBefore,
          columns: plan.copiedColumns,
          vectors: plan.panelVectors,
          pitch: plan.pitchX,
        }),
        sums: definePanelSums(module, `${stage.key} sums ${channels}`, plan, channels, madd),
      },
    ]),
  );
  const copyY = definePanelCopy(module, `${stage.key} dy`, {
    height: y.output,
    width: x.output,
    allChannels: shape.groups * shape.filters,
    channels: shape.filters,
    firstColumn: 0,
    columns: x.output,
    vectors: 1,
    pitch: plan.pitchY,
  });
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Readonly<Record<string, Index>>;
    const localY = f.let(i32.add(p.local!, offsetY(plan)));
    forUnits(f, plan, p, ({ chunk, group, block }, unit) => {
      const pixelX = shape.groups * shape.channels * 4;
      const pixelY = shape.groups * shape.filters * 4;
      const channel = i32.add(i32.mul(group, shape.channels * 4), i32.mul(block, blockChannels * 4));
      const imageX = f.let(i32.add(p.x!, i32.add(i32.mul(unit.image, y.input * x.input * pixelX), channel)));
      const imageY = f.let(
        i32.add(p.dy!, i32.add(i32.mul(unit.image, y.output * x.output * pixelY), i32.mul(group, shape.filters * 4))),
      );
      const toX = f.let(p.local!);
      const toY = f.let(localY);
      const rowX = f.let(i32.add(i32.mul(unit.row, y.stride), -y.padBefore));
      const rowsX = f.let(i32.add(i32.mul(i32.sub(unit.rows, 1), y.stride), (y.kernel - 1) * y.dilation + 1));
      const place = i32.add(i32.mul(chunk, plan.chunkBytes), i32.mul(group, plan.groupBytes));
      const partial = i32.add(i32.add(p.partial!, place), i32.mul(block, (blockChannels / 8) * taps(shape) * 128));
      const run = (channels: number) => (): void => {
        const { copy, sums } = functions.get(channels)!;
        f.repeat(unit.images, () => {
          f.do(f.call(copy, [imageX, toX, rowX, rowsX]), f.call(copyY, [imageY, toY, unit.row, unit.rows]));
          f.increment(imageX, y.input * x.input * pixelX);
          f.increment(imageY, y.output * x.output * pixelY);
          f.increment(toX, plan.imageX);
          f.increment(toY, plan.imageY);
        });
        f.do(f.call(sums, [localY, p.local!, partial, unit.images, unit.rows, unit.first]));
      };
      if (sizes.length === 1) run(sizes[0]!)();
      else f.if(i32.eq(block, channelBlocks - 1), run(lastChannels), run(blockChannels));
    });
  });
}

function defineTaps(module: ModuleBuilder, stage: Stage, plan: WeightGradientPlan, madd: MultiplyAdd): FunctionHandle {
  const { shape } = plan;
  const [y, x] = shape.axes;
  const copy: PaddedCopy = {
    height: y.input,
    width: x.input,
    allChannels: shape.groups * shape.channels,
    channels: shape.channels,
    firstColumn: -x.padBefore,
    rows: plan.copiedRows,
    columns: plan.copiedColumns,
  };
  const sums = defineTapSums(module, `${stage.key} sums`, plan, madd);
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Readonly<Record<string, Index>>;
    clearColumns(f, copy, p.local!);
    forUnits(f, plan, p, ({ chunk, group }, unit) => {
      const pixelX = shape.groups * shape.channels * 4;
      const pixelY = shape.groups * shape.filters * 4;
      const image = f.let(
        i32.add(p.x!, i32.add(i32.mul(unit.image, y.input * x.input * pixelX), i32.mul(group, shape.channels * 4))),
      );
      const first = f.let(i32.add(i32.mul(unit.row, y.stride), -y.padBefore));
      const line = i32.add(i32.mul(unit.image, y.output), unit.row);
      const dy = f.let(i32.add(p.dy!, i32.add(i32.mul(line, x.output * pixelY), i32.mul(group, shape.filters * 4))));
      const partial = f.let(
        i32.add(p.partial!, i32.add(i32.mul(chunk, plan.chunkBytes), i32.mul(group, plan.groupBytes))),
      );
      const left = f.let(unit.images);
      const start = f.let(unit.first);
      // At least once: an empty unit writes its zeros.
      f.doWhile(() => {
        f.if(left, () => {
          copyRows(f, copy, { target: p.local!, image, first });
          if (plan.touchesY) {
            const at = f.let(dy);
            f.repeat(unit.rows, () => {
              touch(f, at, x.output * pixelY);
              f.increment(at, x.output * pixelY);
            });
          }
        });
        f.do(f.call(sums, [dy, p.local!, partial, i32.mul(unit.rows, i32.ne(left, 0)), start]));
        f.set(start, 0);
        f.increment(image, y.input * x.input * pixelX);
        f.increment(dy, y.output * x.output * pixelY);
        f.increment(left, -1);
        return i32.gtS(left, 0);
      });
    });
  });
}
