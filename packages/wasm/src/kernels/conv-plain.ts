/**
 * Convolution by plain loops over any strides, in float64 or float32: every direction, stride, padding, dilation and
 * groups. The way for float64, where speed is not the point; each result is summed in one place, in a fixed order.
 *
 * One function computes one output element after another; a task is one plane of results (an image's channel, or the
 * kernel of one filter and channel).
 */

import type { ConvGeometry, WindowAxis } from "@prewitt/core";
import { type FunctionBuilder, f32, f64, i32, type Local, type ModuleBuilder, type Value } from "../assembler/index.ts";
import { convFlops } from "./conv-shape.ts";
import { type Kernel, pointers, type Stage, signature } from "./kernel.ts";

export interface PlainConvSpec {
  readonly direction: "forward" | "inputGradient" | "weightGradient";
  readonly geometry: ConvGeometry;
  readonly dtype: "float32" | "float64";
  /** Strides in elements: of x (or dy in the input gradient), of the second read, of the write. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly result: readonly number[];
}

type Index = Local<"i32">;
type Address = Value<"i32">;

/** Σ index · stride, in bytes. */
function at(
  base: Index,
  indices: readonly (Index | Value<"i32">)[],
  strides: readonly number[],
  bytes: number,
): Address {
  return indices.reduce<Address>(
    (sum, index, axis) => i32.add(sum, i32.mul(index, (strides[axis] as number) * bytes)),
    base,
  );
}

/** Runs the body where `position · stride − pad + tap · dilation` lies inside the input, with that index. */
function inside(f: FunctionBuilder, axis: WindowAxis, position: Index, tap: Index, body: (index: Index) => void): void {
  const index = f.let(i32.add(i32.add(i32.mul(position, axis.stride), i32.mul(tap, axis.dilation)), -axis.padBefore));
  f.if(i32.ltU(index, axis.input), () => body(index));
}

/** Runs the body where tap `tap` of some window meets input `index`, with the window's position. */
function meeting(
  f: FunctionBuilder,
  axis: WindowAxis,
  index: Index,
  tap: Index,
  body: (position: Index) => void,
): void {
  const reach = f.let(i32.sub(i32.add(index, axis.padBefore), i32.mul(tap, axis.dilation)));
  const position = f.let(i32.divS(reach, axis.stride));
  const exact = i32.and(
    i32.geS(reach, 0),
    i32.and(i32.eq(i32.mul(position, axis.stride), reach), i32.ltS(position, axis.output)),
  );
  f.if(exact, () => body(position));
}

/** Stage (first, second, result, batch). */
export function convPlain(spec: PlainConvSpec): Kernel {
  const { geometry: g, direction } = spec;
  const key = `plain conv ${JSON.stringify({ ...spec, geometry: { ...g, batch: 0 } })}`;
  const planes = direction === "forward" ? g.groups * g.filters : g.groups * g.channels;
  const stage: Stage = {
    key,
    parameters: pointers("first", "second", "result", "batch"),
    tasks: ({ batch }) =>
      direction === "weightGradient" ? g.groups * g.filters * g.channels : (batch as number) * planes,
    define: (module) => define(module, stage, spec, planes),
  };
  return {
    variant: `plain ${spec.dtype}`,
    stages: [stage],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: ({ batch }) => convFlops(g, batch as number),
  };
}

function define(module: ModuleBuilder, stage: Stage, spec: PlainConvSpec, planes: number): ReturnType<Stage["define"]> {
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Index>;
    const task = f.local("i32");
    f.for(task, p.t0 as Index, p.t1 as Index, 1, () => {
      if (spec.direction === "weightGradient") {
        emitWeightGradient(f, spec, p, task);
        return;
      }
      const image = f.let(i32.divU(task, planes));
      const channel = f.let(i32.remU(task, planes));
      if (spec.direction === "forward") emitForward(f, spec, p, image, channel);
      else emitInputGradient(f, spec, p, image, channel);
    });
  });
}

/** An accumulator of the dtype with its loads and store. */
function arithmetic(f: FunctionBuilder, dtype: "float32" | "float64") {
  const sum = f.local("f64");
  const wide = dtype === "float64";
  const read = (address: Address): Value<"f64"> => (wide ? f64.load(address) : f64.promoteF32(f32.load(address)));
  return {
    bytes: wide ? 8 : 4,
    clear: () => f.set(sum, f64.const(0)),
    add: (a: Address, b: Address) => f.set(sum, f64.add(sum, f64.mul(read(a), read(b)))),
    store: (address: Address) => f.do(wide ? f64.store(address, sum) : f32.store(address, f32.demoteF64(sum))),
  };
}

function emitForward(
  f: FunctionBuilder,
  spec: PlainConvSpec,
  p: Record<string, Index>,
  image: Index,
  filter: Index,
): void {
  const { geometry: g, first, second, result, dtype } = spec;
  const [ay, ax] = g.axes;
  const group = f.let(i32.divU(filter, g.filters));
  const base = f.let(i32.mul(group, g.channels));
  const a = arithmetic(f, dtype);
  f.repeat(ay.output, (oy) => {
    f.repeat(ax.output, (ox) => {
      a.clear();
      f.repeat(g.channels, (c) => {
        f.repeat(ay.kernel, (ky) => {
          inside(f, ay, oy, ky, (iy) => {
            f.repeat(ax.kernel, (kx) => {
              inside(f, ax, ox, kx, (ix) => {
                a.add(
                  at(p.first as Index, [image, i32.add(base, c), iy, ix], first, a.bytes),
                  at(p.second as Index, [filter, c, ky, kx], second, a.bytes),
                );
              });
            });
          });
        });
      });
      a.store(at(p.result as Index, [image, filter, oy, ox], result, a.bytes));
    });
  });
}

function emitInputGradient(
  f: FunctionBuilder,
  spec: PlainConvSpec,
  p: Record<string, Index>,
  image: Index,
  channel: Index,
): void {
  const { geometry: g, first, second, result, dtype } = spec;
  const [ay, ax] = g.axes;
  const group = f.let(i32.divU(channel, g.channels));
  const inGroup = f.let(i32.remU(channel, g.channels));
  const base = f.let(i32.mul(group, g.filters));
  const a = arithmetic(f, dtype);
  f.repeat(ay.input, (iy) => {
    f.repeat(ax.input, (ix) => {
      a.clear();
      f.repeat(g.filters, (o) => {
        f.repeat(ay.kernel, (ky) => {
          meeting(f, ay, iy, ky, (oy) => {
            f.repeat(ax.kernel, (kx) => {
              meeting(f, ax, ix, kx, (ox) => {
                const filter = f.let(i32.add(base, o));
                a.add(
                  at(p.first as Index, [image, filter, oy, ox], first, a.bytes),
                  at(p.second as Index, [filter, inGroup, ky, kx], second, a.bytes),
                );
              });
            });
          });
        });
      });
      a.store(at(p.result as Index, [image, channel, iy, ix], result, a.bytes));
    });
  });
}

function emitWeightGradient(f: FunctionBuilder, spec: PlainConvSpec, p: Record<string, Index>, task: Index): void {
  const { geometry: g, first, second, result, dtype } = spec;
  const [ay, ax] = g.axes;
  const filter = f.let(i32.divU(task, g.channels));
  const c = f.let(i32.remU(task, g.channels));
  const channel = f.let(i32.add(i32.mul(i32.divU(filter, g.filters), g.channels), c));
  const a = arithmetic(f, dtype);
  f.repeat(ay.kernel, (ky) => {
    f.repeat(ax.kernel, (kx) => {
      a.clear();
      f.repeat(p.batch as Index, (image) => {
        f.repeat(ay.output, (oy) => {
          inside(f, ay, oy, ky, (iy) => {
            f.repeat(ax.output, (ox) => {
              inside(f, ax, ox, kx, (ix) => {
                a.add(
                  at(p.first as Index, [image, channel, iy, ix], first, a.bytes),
                  at(p.second as Index, [image, filter, oy, ox], second, a.bytes),
                );
              });
            });
          });
        });
      });
      a.store(at(p.result as Index, [filter, c, ky, kx], result, a.bytes));
    });
  });
}
