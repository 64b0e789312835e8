/**
 * `pool`: windowed reductions and their gradients, over any strides. Channels are the innermost loop, four at a time
 * where they lie side by side (channels-last float32).
 *
 * A task is some rows of what is written. Gradients are computed where they arrive: each input position sums over the
 * windows that cover it, in window order, so tasks write memory of their own and the order never changes.
 */

import type { PoolKernel, WindowAxis } from "@prewitt/core";
import {
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
  type ValueType,
} from "../assembler/index.ts";
import type { CodeOptions, Kernel, Stage } from "./kernel.ts";
import { signature } from "./kernel.ts";
import { doubleLanes, type PoolLanes, singleLanes, vectorLanes } from "./pool-lanes.ts";
import { argument, type DTypes, operandPointers, readName, type ShapedKernel, TASK_WORK, writeName } from "./shaped.ts";

type Index = Local<"i32">;
type Address = Value<"i32">;

/** An operand: where its elements lie, and whether its plane is that of the input or of the windows. */
interface Plane {
  readonly name: string;
  readonly strides: readonly number[];
  readonly bytes: number;
}

interface PoolPlan {
  readonly mode: PoolKernel["mode"];
  readonly axes: readonly [WindowAxis, WindowAxis];
  readonly channels: number;
  readonly countIncludePad: boolean;
  readonly planes: Readonly<Record<"read0" | "read1" | "write0" | "write1", Plane>>;
  readonly forms: readonly PoolLanes[];
  /** Rows and columns of what is written. */
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerTask: number;
  /** Indices may point anywhere: whole images are scattered into, window by window. */
  readonly anywhere: boolean;
}

/** Windows up to this many taps are written out when they lie inside the input. */
const UNROLLED = 25;

/**
 * @param inWindow Whether each index is known to lie in the window that it belongs to, because max-pooling made it. Other
 * indices may point anywhere in the plane.
 */
export function poolKernel(kernel: PoolKernel, dtypes: DTypes, _options: CodeOptions, inWindow = false): ShapedKernel {
  const { geometry: g, mode } = kernel;
  const plan = planPool(kernel, dtypes, mode === "maxGradient" && !inWindow);
  const { batch: _, ...inner } = g;
  const strides = [...kernel.reads, ...kernel.writes].map((o) => o.strides.join());
  const key = `pool ${mode} ${plan.anywhere ? "anywhere " : ""}${kernel.countIncludePad ? "pad " : ""}${dtypes.writes[0]} ${JSON.stringify(inner)} ${strides.join(" ")}`;
  const parameters = [...operandPointers(kernel.reads.length, kernel.writes.length), argument("batch")];
  const stage: Stage = {
    key,
    parameters,
    tasks: ({ batch }) => Math.ceil(((batch as number) * plan.rows) / plan.rowsPerTask),
    define: (module) => define(module, stage, plan),
  };
  const taps = g.axes[0].kernel * g.axes[1].kernel;
  const made: Kernel = {
    variant: `pool ${mode} ${plan.forms[0]?.lanes === 4 ? "simd" : "scalar"}`,
    stages: g.batch * plan.rows * plan.columns * g.channels === 0 ? [] : [stage],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: ({ batch }) => (batch as number) * g.channels * g.axes[0].output * g.axes[1].output * taps,
  };
  return { ...made, extents: { batch: g.batch } };
}

function planPool(kernel: PoolKernel, dtypes: DTypes, anywhere: boolean): PoolPlan {
  const { axes, channels } = kernel.geometry;
  const backward = kernel.mode === "maxGradient" || kernel.mode === "averageGradient";
  const [rows, columns] = axes.map((a) => (backward ? a.input : a.output)) as [number, number];
  const planes = {} as Record<string, Plane>;
  const add = (name: string, strides: readonly number[], dtype: string): void => {
    planes[name] = { name, strides, bytes: dtype === "float64" ? 8 : 4 };
  };
  for (const [i, o] of kernel.reads.entries()) add(readName(i), o.strides, dtypes.reads[i] as string);
  for (const [i, o] of kernel.writes.entries()) add(writeName(i), o.strides, dtypes.writes[i] as string);
  const wide = dtypes.writes[0] === "float64";
  const single = wide ? doubleLanes : singleLanes;
  const vector =
    !wide &&
    kernel.mode !== "maxTake" &&
    !anywhere &&
    [...kernel.reads, ...kernel.writes].every((o) => o.strides[1] === 1);
  const work = columns * channels * axes[0].kernel * axes[1].kernel;
  return {
    mode: kernel.mode,
    axes,
    channels,
    countIncludePad: kernel.countIncludePad,
    planes: planes as PoolPlan["planes"],
    forms: vector ? [vectorLanes, single] : [single],
    rows,
    columns,
    rowsPerTask: anywhere ? rows : Math.max(1, Math.floor(TASK_WORK / Math.max(1, work))),
    anywhere,
  };
}

function define(module: ModuleBuilder, stage: Stage, plan: PoolPlan): ReturnType<Stage["define"]> {
  return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
    const p = named as Record<string, Index>;
    const first = f.let(i32.mul(p.t0 as Index, plan.rowsPerTask));
    const end = f.let(i32.minS(i32.mul(p.t1 as Index, plan.rowsPerTask), i32.mul(p.batch as Index, plan.rows)));
    if (plan.anywhere) {
      const image = f.local("i32");
      f.for(image, p.t0 as Index, p.t1 as Index, 1, () => scatterImage(f, plan, p, image));
      return;
    }
    const row = f.local("i32");
    f.for(row, first, end, 1, () => {
      const image = f.let(i32.divU(row, plan.rows));
      const y = f.let(i32.remU(row, plan.rows));
      f.repeat(plan.columns, (x) => emitters[plan.mode](f, plan, p, { image, y, x }));
    });
  });
}

interface Place {
  readonly image: Index;
  readonly y: Index;
  readonly x: Index;
}

/** Address of channel 0 of a plane at a position, which may lie outside as long as nothing is read there. */
function at(p: Record<string, Index>, plane: Plane, image: Address, y: Address, x: Address): Address {
  const [n, , h, w] = plane.strides as readonly [number, number, number, number];
  const part = (index: Address, stride: number): Address => i32.mul(index, stride * plane.bytes);
  return i32.add(i32.add(i32.add(p[plane.name] as Index, part(image, n)), part(y, h)), part(x, w));
}

/** Runs the body for all channels with pointers that move along; first by vectors, then one by one. */
function forChannels(
  f: FunctionBuilder,
  plan: PoolPlan,
  planes: readonly Plane[],
  starts: readonly Address[],
  body: (lanes: PoolLanes, pointers: readonly Index[]) => void,
): void {
  const pointers = starts.map((start) => f.let(start));
  let left = plan.channels;
  for (const lanes of plan.forms) {
    const count = Math.floor(left / lanes.lanes);
    left -= count * lanes.lanes;
    if (count === 0) continue;
    f.repeat(count, () => {
      body(lanes, pointers);
      pointers.forEach((pointer, i) => {
        const plane = planes[i] as Plane;
        f.increment(pointer, lanes.lanes * (plane.strides[1] as number) * plane.bytes);
      });
    });
  }
}

const let_ = (f: FunctionBuilder, value: Value<ValueType>): Local => f.let(value);

interface Window {
  readonly y0: Index;
  readonly x0: Index;
}

/** The window at a position of the output plane; `whole` runs where it lies inside the input, `cut` where not. */
function forWindow(
  f: FunctionBuilder,
  plan: PoolPlan,
  { y, x }: Place,
  whole: ((w: Window) => void) | undefined,
  cut: (w: Window) => void,
): void {
  const [ay, ax] = plan.axes;
  const w = {
    y0: f.let(i32.sub(i32.mul(y, ay.stride), ay.padBefore)),
    x0: f.let(i32.sub(i32.mul(x, ax.stride), ax.padBefore)),
  };
  if (whole === undefined) {
    cut(w);
    return;
  }
  const reach = (a: WindowAxis): number => a.dilation * (a.kernel - 1);
  const always = plan.axes.every((a) => a.padBefore === 0 && (a.output - 1) * a.stride + reach(a) < a.input);
  if (always) {
    whole(w);
    return;
  }
  const inside = (start: Index, a: WindowAxis): Address =>
    i32.and(i32.geS(start, 0), i32.ltS(i32.add(start, reach(a)), a.input));
  f.if(
    i32.and(inside(w.y0, ay), inside(w.x0, ax)),
    () => whole(w),
    () => cut(w),
  );
}

/** Runs the body for every tap that lies inside the input, in row-major order. */
function forTaps(f: FunctionBuilder, plan: PoolPlan, w: Window, body: (iy: Index, ix: Index) => void): void {
  const [ay, ax] = plan.axes;
  f.repeat(ay.kernel, (ky) => {
    const iy = f.let(i32.add(w.y0, i32.mul(ky, ay.dilation)));
    f.if(i32.ltU(iy, ay.input), () => {
      f.repeat(ax.kernel, (kx) => {
        const ix = f.let(i32.add(w.x0, i32.mul(kx, ax.dilation)));
        f.if(i32.ltU(ix, ax.input), () => body(iy, ix));
      });
    });
  });
}

/** Taps of a window as constant distances from its origin. */
function tapOffsets(plan: PoolPlan): { y: number; x: number }[] {
  const [ay, ax] = plan.axes;
  const all: { y: number; x: number }[] = [];
  for (let ky = 0; ky < ay.kernel; ky++)
    for (let kx = 0; kx < ax.kernel; kx++) all.push({ y: ky * ay.dilation, x: kx * ax.dilation });
  return all;
}

const offsetIn = (plane: Plane, y: number, x: number): number =>
  (y * (plane.strides[2] as number) + x * (plane.strides[3] as number)) * plane.bytes;
const shift = (plane: Plane, y: Address, x: Address): Address =>
  i32.add(
    i32.mul(y, (plane.strides[2] as number) * plane.bytes),
    i32.mul(x, (plane.strides[3] as number) * plane.bytes),
  );

/** Written out only where constant offsets are small and not negative. */
function canUnroll(plan: PoolPlan, plane: Plane): boolean {
  const taps = tapOffsets(plan);
  return taps.length <= UNROLLED && taps.every((t) => offsetIn(plane, t.y, t.x) >= 0);
}

type Emit = (f: FunctionBuilder, plan: PoolPlan, p: Record<string, Index>, place: Place) => void;

const emitMax: Emit = (f, plan, p, place) => {
  const { read0: x, write0: y, write1: index } = plan.planes;
  const width = plan.axes[1].input;
  const written = [at(p, y, place.image, place.y, place.x), at(p, index, place.image, place.y, place.x)];
  const whole = (w: Window): void => {
    const origin = f.let(i32.add(i32.mul(w.y0, width), w.x0));
    forChannels(f, plan, [x, y, index], [at(p, x, place.image, w.y0, w.x0), ...written], (l, [from, to, toIndex]) => {
      const [head, ...rest] = tapOffsets(plan) as [{ y: number; x: number }, ...{ y: number; x: number }[]];
      const best = let_(f, l.load(from as Index, offsetIn(x, head.y, head.x)));
      const where = let_(f, l.position(origin));
      for (const tap of rest) {
        const value = let_(f, l.load(from as Index, offsetIn(x, tap.y, tap.x)));
        const better = let_(f, l.beats(value, best));
        f.set(where, l.choose(better, l.position(i32.add(origin, tap.y * width + tap.x)), where));
        f.set(best, l.choose(better, value, best));
      }
      l.store(f, to as Index, best);
      l.storeIndex(f, toIndex as Index, where);
    });
  };
  const cut = (w: Window): void => {
    forChannels(
      f,
      plan,
      [x, y, index],
      [at(p, x, place.image, i32.const(0), i32.const(0)), ...written],
      (l, [from, to, toIndex]) => {
        const best = let_(f, l.constant(Number.NEGATIVE_INFINITY));
        const where = let_(f, l.position(i32.const(-1)));
        const found = f.let(i32.const(0));
        forTaps(f, plan, w, (iy, ix) => {
          const value = let_(f, l.load(i32.add(from as Index, shift(x, iy, ix))));
          const here = let_(f, l.position(i32.add(i32.mul(iy, width), ix)));
          f.if(
            found,
            () => {
              const better = let_(f, l.beats(value, best));
              f.set(where, l.choose(better, here, where));
              f.set(best, l.choose(better, value, best));
            },
            () => {
              f.set(best, value);
              f.set(where, here);
              f.set(found, 1);
            },
          );
        });
        l.store(f, to as Index, best);
        l.storeIndex(f, toIndex as Index, where);
      },
    );
  };
  forWindow(f, plan, place, canUnroll(plan, x) ? whole : undefined, cut);
};

/** How many elements the window averages over, along one axis. */
function countAlong(f: FunctionBuilder, a: WindowAxis, start: Index, countIncludePad: boolean): Index {
  const low = countIncludePad ? -a.padBefore : 0;
  const high = a.input + (countIncludePad ? a.padAfter : 0);
  const count = f.let(i32.const(0));
  f.repeat(a.kernel, (k) => {
    const index = f.let(i32.add(start, i32.mul(k, a.dilation)));
    f.set(count, i32.add(count, i32.and(i32.geS(index, low), i32.ltS(index, high))));
  });
  return count;
}

/** The divisor of a window's average; a window of nothing has divisor 1, its sum is 0. */
function divisor(f: FunctionBuilder, plan: PoolPlan, w: Window): Index {
  const [ay, ax] = plan.axes;
  const product = i32.mul(countAlong(f, ay, w.y0, plan.countIncludePad), countAlong(f, ax, w.x0, plan.countIncludePad));
  const count = f.let(product);
  f.if(i32.eqz(count), () => f.set(count, 1));
  return count;
}

const emitAverage: Emit = (f, plan, p, place) => {
  const { read0: x, write0: y } = plan.planes;
  const written = at(p, y, place.image, place.y, place.x);
  const taps = tapOffsets(plan);
  const whole = (w: Window): void => {
    forChannels(f, plan, [x, y], [at(p, x, place.image, w.y0, w.x0), written], (l, [from, to]) => {
      const sum = let_(f, l.constant(0));
      for (const tap of taps) f.set(sum, l.add(sum, l.load(from as Index, offsetIn(x, tap.y, tap.x))));
      l.store(f, to as Index, l.divide(sum, i32.const(taps.length)));
    });
  };
  const cut = (w: Window): void => {
    const count = divisor(f, plan, w);
    forChannels(f, plan, [x, y], [at(p, x, place.image, i32.const(0), i32.const(0)), written], (l, [from, to]) => {
      const sum = let_(f, l.constant(0));
      forTaps(f, plan, w, (iy, ix) => f.set(sum, l.add(sum, l.load(i32.add(from as Index, shift(x, iy, ix))))));
      l.store(f, to as Index, l.divide(sum, count));
    });
  };
  forWindow(f, plan, place, canUnroll(plan, x) ? whole : undefined, cut);
};

/** Runs the body for every window along an axis that covers input `index`, in window order. */
function forCovering(f: FunctionBuilder, a: WindowAxis, index: Index, body: (position: Index) => void): void {
  const k = f.let(i32.const(a.kernel - 1));
  f.doWhile(() => {
    const reach = f.let(i32.sub(i32.add(index, a.padBefore), i32.mul(k, a.dilation)));
    const position = f.let(i32.divS(reach, a.stride));
    const exact = i32.and(
      i32.geS(reach, 0),
      i32.and(i32.eq(i32.mul(position, a.stride), reach), i32.ltS(position, a.output)),
    );
    f.if(exact, () => body(position));
    f.increment(k, -1);
    return i32.geS(k, 0);
  });
}

/** Whether windows never overlap: then at most one covers a position. */
function apart(plan: PoolPlan): boolean {
  return plan.axes.every((a) => a.dilation === 1 && a.kernel <= a.stride);
}

/** The one window that may cover a position, and whether it does. */
function coveringWindow(f: FunctionBuilder, plan: PoolPlan, { y, x }: Place): { oy: Index; ox: Index; covered: Index } {
  const [ay, ax] = plan.axes;
  const along = (a: WindowAxis, index: Index): { position: Index; hit: Address } => {
    const reach = f.let(i32.add(index, a.padBefore));
    const position = f.let(i32.divU(reach, a.stride));
    const tap = i32.sub(reach, i32.mul(position, a.stride));
    return { position, hit: i32.and(i32.ltS(tap, a.kernel), i32.ltS(position, a.output)) };
  };
  const [v, h] = [along(ay, y), along(ax, x)];
  return { oy: v.position, ox: h.position, covered: f.let(i32.and(v.hit, h.hit)) };
}

const emitMaxGradient: Emit = (f, plan, p, place) => {
  const { read0: dy, read1: index, write0: dx } = plan.planes;
  const here = f.let(i32.add(i32.mul(place.y, plan.axes[1].input), place.x));
  const written = at(p, dx, place.image, place.y, place.x);
  if (apart(plan)) {
    const { oy, ox, covered } = coveringWindow(f, plan, place);
    f.if(
      covered,
      () => {
        const starts = [at(p, dy, place.image, oy, ox), at(p, index, place.image, oy, ox), written];
        forChannels(f, plan, [dy, index, dx], starts, (l, [g, i, to]) => {
          l.store(
            f,
            to as Index,
            l.choose(l.same(l.loadIndex(i as Index), l.position(here)), l.load(g as Index), l.constant(0)),
          );
        });
      },
      () => forChannels(f, plan, [dx], [written], (l, [to]) => l.store(f, to as Index, l.constant(0))),
    );
    return;
  }
  const zero = i32.const(0);
  const starts = [at(p, dy, place.image, zero, zero), at(p, index, place.image, zero, zero), written];
  forChannels(f, plan, [dy, index, dx], starts, (l, [g, i, to]) => {
    const sum = let_(f, l.constant(0));
    forCovering(f, plan.axes[0], place.y, (oy) => {
      forCovering(f, plan.axes[1], place.x, (ox) => {
        const hit = l.same(l.loadIndex(i32.add(i as Index, shift(index, oy, ox))), l.position(here));
        f.set(sum, l.choose(hit, l.add(sum, l.load(i32.add(g as Index, shift(dy, oy, ox)))), sum));
      });
    });
    l.store(f, to as Index, sum);
  });
};

/** Adds each cotangent of one image at its index, windows in row-major order. */
function scatterImage(f: FunctionBuilder, plan: PoolPlan, p: Record<string, Index>, image: Index): void {
  const { read0: dy, read1: index, write0: dx } = plan.planes;
  const [ay, ax] = plan.axes;
  const zero = i32.const(0);
  f.repeat(ay.input, (y) => {
    f.repeat(ax.input, (x) =>
      forChannels(f, plan, [dx], [at(p, dx, image, y, x)], (l, [to]) => l.store(f, to as Index, l.constant(0))),
    );
  });
  f.repeat(ay.output, (y) => {
    f.repeat(ax.output, (x) => {
      const starts = [at(p, dy, image, y, x), at(p, index, image, y, x), at(p, dx, image, zero, zero)];
      forChannels(f, plan, [dy, index, dx], starts, (l, [g, i, to]) => {
        const flat = f.let(l.loadIndex(i as Index) as Value<"i32">);
        f.if(i32.geS(flat, 0), () => {
          const target = f.let(i32.add(to as Index, shift(dx, i32.divU(flat, ax.input), i32.remU(flat, ax.input))));
          l.store(f, target, l.add(l.load(target), l.load(g as Index)));
        });
      });
    });
  });
}

const emitAverageGradient: Emit = (f, plan, p, place) => {
  const { read0: dy, write0: dx } = plan.planes;
  const [ay, ax] = plan.axes;
  const zero = i32.const(0);
  const starts = [at(p, dy, place.image, zero, zero), at(p, dx, place.image, place.y, place.x)];
  forChannels(f, plan, [dy, dx], starts, (l, [g, to]) => {
    const sum = let_(f, l.constant(0));
    forCovering(f, ay, place.y, (oy) => {
      forCovering(f, ax, place.x, (ox) => {
        const w = {
          y0: f.let(i32.sub(i32.mul(oy, ay.stride), ay.padBefore)),
          x0: f.let(i32.sub(i32.mul(ox, ax.stride), ax.padBefore)),
        };
        f.set(sum, l.add(sum, l.divide(l.load(i32.add(g as Index, shift(dy, oy, ox))), divisor(f, plan, w))));
      });
    });
    l.store(f, to as Index, sum);
  });
};

const emitMaxTake: Emit = (f, plan, p, place) => {
  const { read0: x, read1: index, write0: y } = plan.planes;
  const zero = i32.const(0);
  const width = plan.axes[1].input;
  const starts = [
    at(p, x, place.image, zero, zero),
    at(p, index, place.image, place.y, place.x),
    at(p, y, place.image, place.y, place.x),
  ];
  forChannels(f, plan, [x, index, y], starts, (l, [from, i, to]) => {
    const flat = f.let(l.loadIndex(i as Index) as Value<"i32">);
    f.if(
      i32.geS(flat, 0),
      () =>
        l.store(f, to as Index, l.load(i32.add(from as Index, shift(x, i32.divU(flat, width), i32.remU(flat, width))))),
      () => l.store(f, to as Index, l.constant(0)),
    );
  });
};

const emitters: Readonly<Record<PoolKernel["mode"], Emit>> = {
  max: emitMax,
  maxGradient: emitMaxGradient,
  maxTake: emitMaxTake,
  average: emitAverage,
  averageGradient: emitAverageGradient,
};
