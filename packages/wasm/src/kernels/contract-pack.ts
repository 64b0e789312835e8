/**
 * Copies of operands in the order in which the register tile reads them: a panel of w neighbours (columns of B, rows of
 * A) over a range of k lies as [k][w]. Any strides are read; neighbours along k go through registers, a square at a
 * time. Panels of B are padded with zeros to whole vectors.
 */

import {
  type FunctionBuilder,
  type FunctionHandle,
  i32,
  type Local,
  type ModuleBuilder,
  type Value,
} from "../assembler/index.ts";
import { batchOffset, kOf, productsOf, taskOf } from "./contract-address.ts";
import type { Element } from "./contract-element.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { pointers, type Stage, signature } from "./kernel.ts";

/** Element (r, k) of the source lies at `r · row + k · step` bytes. */
export interface PanelSource {
  readonly row: number;
  readonly step: number;
  readonly rows: number;
  /** Elements of the panel side by side: `rows`, or more, which are then zeros. */
  readonly width: number;
}

/** Copies panels: (from, to, steps), and for several panels the bytes from one to the next. */
export type CopyPanel = FunctionHandle<"void">;

/** Address and constant part: instructions take no negative offsets. */
const at = (pointer: Value<"i32">, offset: number): [Value<"i32">, number] =>
  offset >= 0 ? [pointer, offset] : [i32.add(pointer, offset), 0];

type Pointers = { readonly from: Local<"i32">; readonly to: Local<"i32"> };

/** `k` counts unrolled steps. */
function copyStep(f: FunctionBuilder, element: Element, source: PanelSource, { from, to }: Pointers, k: number): void {
  const { rows, width, row, step } = source;
  for (let first = 0; first < width; first += element.lanes) {
    const lanes = Math.min(element.lanes, rows - first);
    let vector: Value<"v128">;
    if (row === element.bytes) {
      const [pointer, offset] = at(from, k * step + first * row);
      vector = element.load(pointer, lanes, offset);
    } else {
      vector = element.loadFirst(...at(from, k * step + first * row));
      for (let lane = 1; lane < lanes; lane++) {
        const [pointer, offset] = at(from, k * step + (first + lane) * row);
        vector = element.loadLane(pointer, vector, lane, offset);
      }
    }
    const stored = Math.min(element.lanes, width - first);
    f.do(
      ...element.store(
        to,
        stored === element.lanes ? vector : f.let(vector),
        stored,
        (k * width + first) * element.bytes,
      ),
    );
  }
}

/** As many steps of k as a vector has lanes; k is the unit stride. */
function copySquares(f: FunctionBuilder, element: Element, source: PanelSource, { from, to }: Pointers): void {
  const { lanes, bytes } = element;
  const { rows, width, row } = source;
  for (let first = 0; first < width; first += lanes) {
    const square = Array.from({ length: lanes }, (_, r) => {
      if (first + r >= rows) return f.let(element.zero);
      const [pointer, offset] = at(from, (first + r) * row);
      return f.let(element.load(pointer, lanes, offset));
    });
    const columns = element.transpose(square, (vector) => f.let(vector));
    columns.forEach((column, k) => {
      const stored = Math.min(lanes, width - first);
      f.do(...element.store(to, stored === lanes ? column : f.let(column), stored, (k * width + first) * bytes));
    });
  }
}

export function defineCopyPanel(module: ModuleBuilder, name: string, element: Element, source: PanelSource): CopyPanel {
  const { lanes, bytes } = element;
  const parameters = { from: "i32", to: "i32", steps: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { from, to, steps }) => {
    const panel = { from, to };
    const end = f.local("i32");
    const loop = (count: Value<"i32">, unroll: number, body: () => void): void => {
      f.set(end, i32.add(to, i32.mul(count, source.width * bytes)));
      f.while(
        () => i32.ne(to, end),
        () => {
          body();
          f.increment(from, unroll * source.step);
          f.increment(to, unroll * source.width * bytes);
        },
      );
    };
    const squares = source.step === bytes && source.row !== bytes;
    const unroll = squares ? lanes : 4;
    const rest = f.let(i32.remU(steps, unroll));
    loop(i32.sub(steps, rest), unroll, () => {
      if (squares) copySquares(f, element, source, panel);
      else for (let k = 0; k < unroll; k++) copyStep(f, element, source, panel, k);
    });
    loop(rest, 1, () => copyStep(f, element, source, panel, 0));
  });
}

/** Panels that are copied together where neighbours of a panel are neighbours in memory: longer runs read faster. */
export const TOGETHER = 4;

/** Copies `TOGETHER` panels that lie side by side; rows are neighbours in memory. */
export function defineCopyPanels(
  module: ModuleBuilder,
  name: string,
  element: Element,
  source: PanelSource,
): CopyPanel {
  const { width, step } = source;
  const bytes = width * element.bytes;
  const parameters = { from: "i32", to: "i32", steps: "i32", stride: "i32" } as const;
  return module.function({ name, parameters, export: false }, (f, { from, to, steps, stride }) => {
    const targets = [to];
    for (let i = 1; i < TOGETHER; i++) targets.push(f.let(i32.add(targets[i - 1]!, stride)));
    const end = f.let(i32.add(to, i32.mul(steps, bytes)));
    f.while(
      () => i32.ne(to, end),
      () => {
        targets.forEach((target, i) => {
          for (let first = 0; first < width; first += element.lanes) {
            const lanes = Math.min(element.lanes, width - first);
            const vector = element.load(from, lanes, i * bytes + first * element.bytes);
            f.do(
              ...element.store(target, lanes === element.lanes ? vector : f.let(vector), lanes, first * element.bytes),
            );
          }
          f.increment(target, bytes);
        });
        f.set(from, i32.add(from, step));
      },
    );
  });
}

/** Columns of the panels of B: whole vectors. */
export const paddedColumns = (columns: number, { lanes }: Element): number => Math.ceil(columns / lanes) * lanes;

export const repeats = ({ shape }: ContractPlan, operand: "a" | "b"): boolean =>
  shape.batch.every((axis) => axis[operand] === 0);

/**
 * Columns of the panels that remain after those of the tile's width: two vectors, then what is left, so that a pair of
 * vectors is whole or absent.
 */
export function lastPanels({ shape, element, tileColumns }: ContractPlan): number[] {
  const rest = shape.n % tileColumns;
  const pair = 2 * element.lanes;
  return (rest > pair ? [pair, rest - pair] : [rest]).filter((columns) => columns > 0);
}

/** Copies for panels of B: of the tile's columns, and of those that remain at the end of a row. */
export interface CopiesOfB {
  readonly several: CopyPanel | undefined;
  readonly whole: CopyPanel | undefined;
  readonly last: readonly { readonly columns: number; readonly copy: CopyPanel }[];
}

export function defineCopiesOfB(module: ModuleBuilder, name: string, plan: ContractPlan): CopiesOfB {
  const { shape, element, tileColumns } = plan;
  const source = (rows: number): PanelSource => ({
    row: shape.b.n * element.bytes,
    step: shape.b.k * element.bytes,
    rows,
    width: paddedColumns(rows, element),
  });
  const make = (rows: number): CopyPanel => defineCopyPanel(module, `${name} ${rows}`, element, source(rows));
  const several = shape.b.n === 1 && shape.n >= TOGETHER * tileColumns;
  return {
    several: several ? defineCopyPanels(module, `${name} several`, element, source(tileColumns)) : undefined,
    whole: shape.n >= tileColumns ? make(tileColumns) : undefined,
    last: lastPanels(plan).map((columns) => ({ columns, copy: make(columns) })),
  };
}

/**
 * Stage (b, packedB[, k]): all of B, a task for each panel of each product. The panel from column j on begins at element
 * j·K, products follow one another.
 */
export function packStage(plan: ContractPlan): Stage {
  const { shape, element, tileColumns } = plan;
  const whole = Math.floor(shape.n / tileColumns);
  const panels = whole + lastPanels(plan).length;
  const once = repeats(plan, "b");
  const stage: Stage = {
    key: `${plan.key} pack`,
    parameters: pointers("b", "packedB", ...(plan.constantK === undefined ? ["k"] : [])),
    tasks: (extents) => panels * (once ? 1 : productsOf(plan, extents)),
    define: (module) => {
      const copies = defineCopiesOfB(module, `${stage.key} columns`, plan);
      return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const k = kOf(plan, f);
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const [product, panel] = taskOf(f, task, [i32.const(panels)]);
          const column = f.let(i32.mul(panel!, tileColumns));
          // Of the panels after the whole ones only the first may have one behind it, of two vectors.
          if (panels > whole + 1) {
            f.if(i32.eq(panel!, whole + 1), () => f.set(column, whole * tileColumns + copies.last[0]!.columns));
          }
          const from = f.let(i32.add(p.b!, i32.mul(column, shape.b.n * element.bytes)));
          const to = f.let(i32.add(p.packedB!, i32.mul(i32.mul(column, k), element.bytes)));
          if (!once) {
            f.set(from, i32.add(from, batchOffset(f, plan, product!, "b")));
            const size = paddedColumns(shape.n, element) * element.bytes;
            f.set(to, i32.add(to, i32.mul(i32.mul(product!, k), size)));
          }
          const copy = (handle: CopyPanel) => () => f.do(f.call(handle, [from, to, k]));
          const all = [
            ...(copies.whole === undefined ? [] : [copies.whole]),
            ...copies.last.map((panel) => panel.copy),
          ];
          const choose = (i: number): void => {
            const rest = all.length - 1 - i;
            if (rest === 0) copy(all[i]!)();
            else f.if(i32.ltS(panel!, panels - rest), copy(all[i]!), () => choose(i + 1));
          };
          choose(0);
        });
      });
    },
  };
  return stage;
}
