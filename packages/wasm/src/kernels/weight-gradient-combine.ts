/**
 * End of the direct weight gradient: sums of chunks in order, stored in logical order (O, I, kh, kw). A task is a row of
 * register tiles: four filters (panels) or eight (taps) of one group.
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
import { emitChunkCount } from "./conv-chunks.ts";
import { pointers, type Stage, signature } from "./kernel.ts";
import { taps, type WeightGradientPlan } from "./weight-gradient-plan.ts";

type Index = Local<"i32">;

interface Chunked {
  readonly plan: WeightGradientPlan;
  /** Number of chunks. */
  readonly chunks: Index;
}

/** The vector at `from`, summed over chunks. */
function total(f: FunctionBuilder, { plan, chunks }: Chunked, from: Index): Local<"v128"> {
  const at = f.let(from);
  const sum = f.let(v128.load(at));
  f.repeat(i32.sub(chunks, 1), () => {
    f.increment(at, plan.chunkBytes);
    f.set(sum, f32x4.add(sum, v128.load(at)));
  });
  return sum;
}

/** Stage (partial, dw, batch). */
export function combineStage(plan: WeightGradientPlan, key: string): Stage {
  const { shape, arrangement } = plan;
  const height = arrangement === "panels" ? 4 : 8;
  const rows = Math.ceil(shape.filters / height);
  const filterBytes = shape.channels * taps(shape) * 4;
  const stage: Stage = {
    key: `weightGradient combine ${key}`,
    parameters: pointers("partial", "dw", "batch"),
    tasks: () => shape.groups * rows,
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Index>>;
        const summed = { plan, chunks: emitChunkCount(f, plan.chunks, p.batch!) };
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const group = f.let(i32.divU(task, rows));
          const row = f.let(i32.sub(task, i32.mul(group, rows)));
          const first = i32.add(i32.mul(group, shape.filters), i32.mul(row, height));
          const dw = f.let(i32.add(p.dw!, i32.mul(first, filterBytes)));
          const place = i32.add(i32.mul(group, plan.groupBytes), i32.mul(row, rowBytes(plan)));
          const from = f.let(i32.add(p.partial!, place));
          const count = f.let(i32.sub(shape.filters, i32.mul(row, height)));
          if (arrangement === "panels") panelRow(f, summed, from, dw, count);
          else tapRow(f, summed, from, dw, count);
        });
      }),
  };
  return stage;
}

const rowBytes = ({ shape, arrangement }: WeightGradientPlan): number =>
  arrangement === "panels" ? Math.ceil(shape.channels / 8) * taps(shape) * 128 : taps(shape) * shape.channels * 32;

/** Tiles [channels/8][tap][4 filters][8 channels] → four filters (or the `count` there are) of all channels and taps. */
function panelRow(f: FunctionBuilder, summed: Chunked, from: Index, dw: Index, count: Index): void {
  const { shape } = summed.plan;
  const tapCount = taps(shape);
  const filterBytes = shape.channels * tapCount * 4;
  const columns = (channels: number): void => {
    const out = f.let(dw);
    f.repeat(tapCount, () => {
      const target = f.let(out);
      for (let filter = 0; filter < 4; filter++) {
        f.if(i32.gtS(count, filter), () => {
          for (let v = 0; 4 * v < channels; v++) {
            const sum = total(f, summed, f.let(i32.add(from, filter * 32 + 16 * v)));
            const lanes = Math.min(4, channels - 4 * v);
            if (tapCount === 1 && lanes === 4) f.do(v128.store(target, sum, 16 * v));
            else
              for (let lane = 0; lane < lanes; lane++)
                f.do(v128.store32Lane(target, sum, lane, (4 * v + lane) * tapCount * 4));
          }
        });
        f.increment(target, filterBytes);
      }
      f.increment(from, 128);
      f.increment(out, 4);
    });
    f.increment(dw, channels * tapCount * 4);
  };
  f.repeat(Math.floor(shape.channels / 8), () => columns(8));
  if (shape.channels % 8 > 0) columns(shape.channels % 8);
}

/** Rows [tap][channel] of eight filters → (O, I, kh, kw). */
function tapRow(f: FunctionBuilder, summed: Chunked, from: Index, dw: Index, count: Index): void {
  const { shape } = summed.plan;
  const tapCount = taps(shape);
  const filterBytes = shape.channels * tapCount * 4;
  const out = f.let(dw);
  f.repeat(tapCount, () => {
    const target = f.let(out);
    f.repeat(shape.channels, () => {
      for (let v = 0; v < 2; v++) {
        f.if(i32.gtS(count, 4 * v), () => {
          const sum = total(f, summed, f.let(i32.add(from, 16 * v)));
          for (let lane = 0; lane < 4; lane++) f.do(v128.store32Lane(target, sum, lane, (4 * v + lane) * filterBytes));
        });
      }
      f.increment(from, 32);
      f.increment(target, tapCount * 4);
    });
    f.increment(out, 4);
  });
}
