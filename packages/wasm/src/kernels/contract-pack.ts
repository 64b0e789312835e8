/**
 * Copies of operands in the order in which the register tile reads them. Columns j … j+7 of B lie as [k][8] at element
 * 8·⌊j/8⌋·K, padded with zeros to whole vectors; rows of a tile of R rows of A from row i on lie as [k][R] at element
 * i·K. Batches follow one another. Any strides are read; neighbours along k go through registers, a square at a time.
 */

import { type FunctionBuilder, i32, type Local, type ModuleBuilder, type Value } from "../assembler/index.ts";
import { batchOffset, kOf, productsOf, taskOf } from "./contract-address.ts";
import type { ContractPlan } from "./contract-plan.ts";
import { forRowTiles } from "./contract-tile.ts";
import { type Extents, type Parameter, pointers, type Stage, signature } from "./kernel.ts";

/** Columns of packed B: whole vectors. */
export const packedColumns = ({ shape: { n }, element: { lanes } }: ContractPlan): number =>
  Math.ceil(n / lanes) * lanes;

/** Whether every product has a B of its own. */
export const bRepeats = ({ shape }: ContractPlan): boolean => shape.batch.every((axis) => axis.b === 0);
export const aRepeats = ({ shape }: ContractPlan): boolean => shape.batch.every((axis) => axis.a === 0);

const extentParameters = (...names: string[]): Parameter[] => names.map((name) => ({ name, type: "i32" }));
const kParameter = (plan: ContractPlan): Parameter[] => (plan.constantK === undefined ? extentParameters("k") : []);

/** Element (row r, step k) of the source; rows are what lies side by side in the panel. */
interface PanelSource {
  /** Byte distances. */
  readonly row: number;
  readonly step: number;
}

interface PanelLocals {
  readonly from: Local<"i32">;
  readonly to: Local<"i32">;
  readonly end: Local<"i32">;
  readonly vectors: readonly Local<"v128">[];
}

const panelLocals = (f: FunctionBuilder): PanelLocals => ({
  from: f.local("i32"),
  to: f.local("i32"),
  end: f.local("i32"),
  vectors: f.locals("v128", 16),
});

/** Address and constant part: instructions take no negative offsets. */
const at = (pointer: Value<"i32">, offset: number): [Value<"i32">, number] =>
  offset >= 0 ? [pointer, offset] : [i32.add(pointer, offset), 0];

/** One step of k: `rows` elements, zeros up to `width`. */
function copyStep(
  f: FunctionBuilder,
  plan: ContractPlan,
  source: PanelSource,
  rows: number,
  width: number,
  l: PanelLocals,
): void {
  const { element } = plan;
  for (let first = 0; first < width; first += element.lanes) {
    const lanes = Math.min(element.lanes, rows - first);
    const [vector] = l.vectors;
    if (source.row === element.bytes) {
      f.set(vector!, element.load(l.from, lanes, first * element.bytes));
    } else {
      f.set(vector!, element.loadFirst(...at(l.from, first * source.row)));
      for (let lane = 1; lane < lanes; lane++) {
        const [pointer, offset] = at(l.from, (first + lane) * source.row);
        f.set(vector!, element.loadLane(pointer, vector!, lane, offset));
      }
    }
    f.do(...element.store(l.to, vector!, Math.min(element.lanes, width - first), first * element.bytes));
  }
  f.increment(l.from, source.step);
  f.increment(l.to, width * element.bytes);
}

/** As many steps of k as a vector has lanes; k is the unit stride. */
function copySquares(
  f: FunctionBuilder,
  plan: ContractPlan,
  source: PanelSource,
  rows: number,
  width: number,
  l: PanelLocals,
): void {
  const { element } = plan;
  const { lanes, bytes } = element;
  for (let first = 0; first < width; first += lanes) {
    const [out, ...rest] = l.vectors;
    const names = rest.slice(0, lanes);
    names.forEach((name, r) => {
      f.set(
        name,
        first + r < rows ? element.load(...withLanes(l.from, (first + r) * source.row, lanes)) : element.zero,
      );
    });
    let used = lanes;
    const columns = element.transpose(names, (vector) => {
      const local = rest[used++]!;
      f.set(local, vector);
      return local;
    });
    columns.forEach((column, step) => {
      f.set(out!, column);
      f.do(...element.store(l.to, out!, Math.min(lanes, width - first), (step * width + first) * bytes));
    });
  }
  f.increment(l.from, lanes * bytes);
  f.increment(l.to, lanes * width * bytes);
}

function withLanes(pointer: Value<"i32">, offset: number, lanes: number): [Value<"i32">, number, number] {
  const [address, constant] = at(pointer, offset);
  return [address, lanes, constant];
}

/** Copies one panel over all of k. */
function copyPanel(
  f: FunctionBuilder,
  plan: ContractPlan,
  source: PanelSource,
  rows: number,
  width: number,
  l: PanelLocals,
): void {
  const { element, constantK } = plan;
  const bytesOf = (steps: Value<"i32">): Value<"i32"> => i32.mul(steps, width * element.bytes);
  const k = constantK === undefined ? f.parameters.k! : i32.const(constantK);
  const loop = (steps: Value<"i32">, body: () => void): void => {
    if (steps.constant === 0) return;
    f.set(l.end, i32.add(l.to, bytesOf(steps)));
    f.while(() => i32.ne(l.to, l.end), body);
  };
  const { lanes } = element;
  if (source.step !== element.bytes || source.row === element.bytes) {
    loop(k as Value<"i32">, () => copyStep(f, plan, source, rows, width, l));
    return;
  }
  const rest = constantK === undefined ? i32.remU(k as Value<"i32">, lanes) : i32.const(constantK % lanes);
  const whole = constantK === undefined ? i32.sub(k as Value<"i32">, rest) : i32.const(constantK - (constantK % lanes));
  loop(whole, () => copySquares(f, plan, source, rows, width, l));
  loop(rest, () => copyStep(f, plan, source, rows, width, l));
}

/** Stage (b, packedB[, k]): a task is one panel of columns of one product. */
export function packBStage(plan: ContractPlan): Stage {
  const { shape, element, tileColumns } = plan;
  const panels = Math.ceil(shape.n / tileColumns);
  const rest = shape.n % tileColumns;
  const stage: Stage = {
    key: `${plan.key} pack B`,
    parameters: [...pointers("b", "packedB"), ...kParameter(plan)],
    tasks: (extents) => panels * (bRepeats(plan) ? 1 : productsOf(plan, extents)),
    define: (module: ModuleBuilder) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const l = panelLocals(f);
        const source = { row: shape.b.n * element.bytes, step: shape.b.k * element.bytes };
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const [product, panel] = taskOf(f, task, [i32.const(panels)]);
          f.set(l.from, i32.add(p.b!, i32.mul(panel!, tileColumns * source.row)));
          if (!bRepeats(plan)) f.set(l.from, i32.add(l.from, batchOffset(f, plan, product!, "b")));
          f.set(l.to, i32.add(p.packedB!, i32.mul(i32.mul(panel!, kOf(plan, f)), tileColumns * element.bytes)));
          if (!bRepeats(plan)) {
            f.set(l.to, i32.add(l.to, i32.mul(i32.mul(product!, kOf(plan, f)), packedColumns(plan) * element.bytes)));
          }
          const copy = (columns: number): void =>
            copyPanel(f, plan, source, columns, Math.ceil(columns / element.lanes) * element.lanes, l);
          if (rest === 0) copy(tileColumns);
          else
            f.if(
              i32.eq(panel!, panels - 1),
              () => copy(rest),
              () => copy(tileColumns),
            );
        });
      }),
  };
  return stage;
}

/** Stage (a, packedA, m, rows[, k]): a task is one block of rows of one product. */
export function packAStage(plan: ContractPlan): Stage {
  const { shape, element, tileRows } = plan;
  const stage: Stage = {
    key: `${plan.key} pack A`,
    parameters: [...pointers("a", "packedA"), ...extentParameters("m", "rows"), ...kParameter(plan)],
    tasks: (extents) => rowBlocks(extents) * (aRepeats(plan) ? 1 : productsOf(plan, extents)),
    define: (module: ModuleBuilder) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const l = panelLocals(f);
        const source = { row: shape.a.m * element.bytes, step: shape.a.k * element.bytes };
        const blocks = f.let(i32.divU(i32.add(p.m!, i32.sub(p.rows!, 1)), p.rows!));
        const task = f.local("i32");
        f.for(task, p.t0!, p.t1!, 1, () => {
          const [product, block] = taskOf(f, task, [blocks]);
          const a = f.let(p.a!);
          const packed = f.let(p.packedA!);
          if (!aRepeats(plan)) {
            f.set(a, i32.add(a, batchOffset(f, plan, product!, "a")));
            f.set(packed, i32.add(packed, i32.mul(i32.mul(i32.mul(product!, p.m!), kOf(plan, f)), element.bytes)));
          }
          const start = f.let(i32.mul(block!, p.rows!));
          const past = f.let(i32.add(start, p.rows!));
          const end = f.let(i32.minS(past, p.m!));
          forRowTiles(f, tileRows, start, end, (row, rows) => {
            f.set(l.from, i32.add(a, i32.mul(row, source.row)));
            f.set(l.to, i32.add(packed, i32.mul(i32.mul(row, kOf(plan, f)), element.bytes)));
            copyPanel(f, plan, source, rows, rows, l);
          });
        });
      }),
  };
  return stage;
}

export const rowBlocks = ({ m, rows }: Extents): number => Math.ceil(m! / rows!);
