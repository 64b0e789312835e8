/**
 * Winograd filter transform: U = G g Gᵀ from weights in logical order (O, I, 3, 3) to panels U[36][O/P][I][P] of P = 8
 * filters, 16 where vectors are joined. For the input gradient the kernels are flipped and the axes swapped:
 * U[36][I/P][O][P] of g′[2 − ky][2 − kx]. A kernel of its own, so that the result can be kept until the weights change. One
 * task is one panel of columns.
 *
 * Lanes of a vector are different columns, far apart in the weights. Vectors that are to be joined must be neighbours in
 * memory, so there a few rows are gathered into scratch [row][tap][P] before they are transformed.
 */

import { type FunctionBuilder, i32, type Local, type Value, v128 } from "../assembler/index.ts";
import type { ConvShape } from "./conv-shape.ts";
import {
  alignLine,
  CONSTANT_BYTES,
  type CodeOptions,
  type Fused,
  fused,
  hoisted,
  type Kernel,
  pointers,
  type Stage,
  signature,
} from "./kernel.ts";
import { lockstep } from "./winograd-lockstep.ts";
import { FILTER_CONSTANTS, filterTransform } from "./winograd-matrices.ts";
import { codeKey, filterPitch, POINTS, panelFilters } from "./winograd-plan.ts";

export interface WinogradWeightsSpec extends CodeOptions {
  /** The shape of the forward convolution. */
  readonly shape: ConvShape;
  readonly direction: "forward" | "inputGradient";
}

/** Where the weights of a matrix rows × columns lie, rows being what is contracted and columns what the result has. */
interface Weights {
  readonly rows: number;
  readonly columns: number;
  /** Bytes from one to the next. */
  readonly rowStep: number;
  readonly columnStep: number;
  /** Byte offset of tap k of a kernel. */
  readonly tap: (k: number) => number;
  /** Bytes from plane to plane of U. */
  readonly pitch: number;
}

function weightsOf({ shape, direction }: WinogradWeightsSpec): Weights {
  const { channels, filters } = shape;
  const gradient = direction === "inputGradient";
  const [rows, columns] = gradient ? [filters, channels] : [channels, filters];
  return {
    rows,
    columns,
    rowStep: (gradient ? channels : 1) * 36,
    columnStep: (gradient ? 1 : channels) * 36,
    tap: (k) => 4 * (gradient ? 8 - k : k),
    pitch: filterPitch(rows, columns),
  };
}

/** Stage (w, packed, local if wide): `filterBytes(rows, columns)` bytes into `packed`. */
export function winogradWeights(spec: WinogradWeightsSpec): Kernel {
  const { shape, direction, wide = false } = spec;
  const weights = weightsOf(spec);
  const { rows, columns, columnStep } = weights;
  const key = `winogradWeights ${direction} ${shape.channels}→${shape.filters}${codeKey(spec)}`;
  const arithmetic = fused(spec);
  const width = panelFilters(wide);
  const stage: Stage = {
    key,
    parameters: pointers("w", "packed", ...(wide ? ["local"] : [])),
    tasks: () => Math.ceil(columns / width),
    define: (module) =>
      module.function({ name: key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const t = f.local("i32");
        f.for(t, p.t0!, p.t1!, 1, () => {
          const panel = f.let(i32.add(p.packed!, i32.mul(t, rows * width * 4)));
          // A panel of single vectors holds the constants until it is written.
          const constants = wide ? i32.add(p.local!, CONSTANTS_AT) : panel;
          const ops = hoisted(f, arithmetic, constants, FILTER_CONSTANTS, wide);
          const w = f.let(i32.add(p.w!, i32.mul(t, width * columnStep)));
          const emit = (count: number) => (): void =>
            wide
              ? gatheredPanel(f, weights, ops, { w, panel, scratch: p.local! }, count)
              : plainPanel(f, weights, ops, { w, panel }, count);
          const last = columns % width;
          if (last === 0) emit(width)();
          else f.if(i32.ltS(t, Math.floor(columns / width)), emit(width), emit(last));
        });
      }),
  };
  return {
    variant: "winograd filter transform",
    stages: [stage],
    scratch: () => ({ shared: {}, local: wide ? SCRATCH : 0 }),
    flops: () => 0,
  };
}

/** Four columns of one tap of the row at `w`. */
const lanes = ({ columnStep, tap }: Weights, w: Local<"i32">, k: number, column = 0): Value<"v128"> =>
  [1, 2, 3].reduce<Value<"v128">>(
    (vector, lane) => v128.load32Lane(w, vector, lane, tap(k) + (column + lane) * columnStep),
    v128.load32Zero(w, tap(k) + column * columnStep),
  );

type Places = Readonly<Record<"w" | "panel", Local<"i32">>>;

/** A panel of one or two vectors, all its halves at once: each cache line is fetched and written back once. */
function plainPanel(f: FunctionBuilder, weights: Weights, ops: Fused, { w, panel }: Places, count: number): void {
  const places = Array.from(
    { length: count / 4 },
    (_, half) => [f.let(i32.add(w, half * 4 * weights.columnStep)), f.let(i32.add(panel, 16 * half))] as const,
  );
  f.repeat(weights.rows, () => {
    for (const [from, to] of places) {
      const columnsOfSix = [0, 1, 2].map((kx) =>
        filterTransform(
          f,
          ops,
          [0, 1, 2].map((ky) => f.let(lanes(weights, from, 3 * ky + kx))),
        ).map((value) => f.let(value)),
      );
      for (let j = 0; j < 6; j++) {
        filterTransform(
          f,
          ops,
          columnsOfSix.map((column) => column[j]!),
        ).forEach((value, k) => {
          f.do(v128.store(to, value, (6 * j + k) * weights.pitch));
        });
      }
      f.increment(from, weights.rowStep);
      f.increment(to, 4 * count);
    }
  });
}

/**
 * Rows gathered before they are transformed, at most: what was stored last is not read soon, and every plane receives a run
 * of memory.
 */
const ROWS = 16;
/** Scratch: gathered rows, then [3][6] half transformed pairs, then constants. */
const HALF_AT = ROWS * 9 * 16 * 4;
const CONSTANTS_AT = HALF_AT + 18 * 32;
const SCRATCH = alignLine(CONSTANTS_AT + FILTER_CONSTANTS.length * CONSTANT_BYTES);

/** A panel of up to four vectors, in pairs. */
function gatheredPanel(
  f: FunctionBuilder,
  weights: Weights,
  ops: Fused,
  { w, panel, scratch }: Places & { readonly scratch: Local<"i32"> },
  count: number,
): void {
  const tapBytes = 4 * count;
  const from = f.let(w);
  const to = f.let(panel);
  const half = f.let(i32.add(scratch, HALF_AT));
  const row = f.local("i32");
  const together = [ROWS, 8].find((n) => weights.rows % n === 0) ?? 4;
  f.repeat(weights.rows / together, () => {
    // Stores to 36 planes would wait for one cache line after another; loads wait for many at once.
    f.set(row, to);
    f.repeat(POINTS, () => {
      for (let at = 0; at < together * 4 * count; at += 64) f.drop(i32.load(row, at));
      f.increment(row, weights.pitch);
    });
    f.set(row, scratch);
    f.repeat(together, () => {
      for (let k = 0; k < 9; k++) {
        for (let column = 0; column < count; column += 4) {
          f.do(v128.store(row, lanes(weights, from, k, column), k * tapBytes + 4 * column));
        }
      }
      f.increment(from, weights.rowStep);
      f.increment(row, 9 * tapBytes);
    });
    f.set(row, scratch);
    f.repeat(together, () => {
      for (let column = 0; column < count; column += 8) {
        const width = count - column >= 8 ? 2 : 1;
        for (let kx = 0; kx < 3; kx++) {
          lockstep(f, {
            width,
            inputs: 3,
            load: (ky, byte) => v128.load(row, (3 * ky + kx) * tapBytes + 4 * column + byte),
            transform: (taps) => filterTransform(f, ops, taps),
            store: (j, value, byte) => v128.store(half, value, (6 * kx + j) * 32 + byte),
          });
        }
        for (let j = 0; j < 6; j++) {
          lockstep(f, {
            width,
            inputs: 3,
            load: (kx, byte) => v128.load(half, (6 * kx + j) * 32 + byte),
            transform: (six) => filterTransform(f, ops, six),
            store: (k, value, byte) => v128.store(to, value, (6 * j + k) * weights.pitch + 4 * column + byte),
          });
        }
      }
      f.increment(row, 9 * tapBytes);
      f.increment(to, 4 * count);
    });
  });
}
