/**
 * What the generated functions of `pool` share: units and their addresses, dispatch on classes of positions, and the loop
 * over the planes of a unit, four in the lanes.
 */

import { byteSize } from "@prewitt/core";
import { type FunctionHandle, i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { Emitter, type Index } from "./emitter.ts";
import { type Stage, signature } from "./kernel.ts";
import { type Place, place, readLanes, writeLanes } from "./lane-memory.ts";
import type { Lanes } from "./lanes.ts";
import { type PoolOperand, type PoolPlan, planeBlocks, poolUnits } from "./pool-plan.ts";
import { type Arguments, argument, ceilDiv, operandPointers, smaller } from "./shaped.ts";

/** One row for a block of planes. */
export interface Unit {
  readonly row: Index;
  readonly count: number | Local<"i32">;
  /** Address of the block's first plane, by operand. */
  base(operand: PoolOperand): Index;
}

export interface PlaneGroup {
  readonly lanes: number;
  read(operand: PoolOperand, offset?: number): Lanes;
  write(operand: PoolOperand, value: Lanes, offset?: number): void;
  /** Address of the group's first plane. */
  at(operand: PoolOperand): Index;
}

export class PoolCode {
  readonly e: Emitter;
  readonly plan: PoolPlan;
  readonly p: Arguments;

  constructor(e: Emitter, plan: PoolPlan, p: Arguments) {
    this.e = e;
    this.plan = plan;
    this.p = p;
  }

  /** Emits `body` for all units of the tasks. */
  eachUnit(body: (unit: Unit) => void): void {
    const { e, p, plan } = this;
    const outer = p.outer!;
    const blocks =
      plan.planes === undefined
        ? e.let(i32.divU(i32.add(outer, plan.block - 1), plan.block))
        : i32.const(planeBlocks(plan, 0));
    const units = i32.mul(i32.mul(plan.planes === undefined ? i32.const(1) : outer, blocks), plan.unitRows);
    const number = e.variable(i32.mul(p.t0!, plan.grain));
    const end = smaller(e, i32.mul(p.t1!, plan.grain), units);
    e.f.while(
      () => i32.ltS(number, end),
      () => {
        e.scope(() => body(this.#unit(number, blocks)));
        e.f.increment(number, 1);
      },
    );
  }

  #unit(number: Index, blocks: Index): Unit {
    const { e, plan, p } = this;
    const row = plan.unitRows === 1 ? i32.const(0) : e.let(i32.remU(number, plan.unitRows));
    const rest = plan.unitRows === 1 ? number : e.let(i32.divU(number, plan.unitRows));
    const single = blocks.constant === 1;
    const block = single ? i32.const(0) : plan.planes === undefined ? rest : e.let(i32.remU(rest, blocks));
    const image = plan.planes === undefined ? i32.const(0) : single ? rest : e.let(i32.divU(rest, blocks));
    const first = e.let(i32.mul(block, plan.block));
    const whole = plan.planes !== undefined && plan.planes <= plan.block;
    const planes = plan.planes === undefined ? p.outer! : i32.const(plan.planes);
    return {
      row,
      count: whole ? plan.planes : smaller(e, i32.sub(planes, first), i32.const(plan.block)),
      base: (operand) =>
        i32.add(i32.add(p[operand.name]!, i32.mul(image, operand.image)), i32.mul(first, operand.plane)),
    };
  }

  /** Emits one body for each class, and jumps to that of `position`. Classes follow each other from 0 on. */
  byClass<C extends { readonly end: number }>(classes: readonly C[], position: Index, body: (of: C) => void): void {
    const [first, ...others] = classes;
    if (first === undefined) return;
    if (others.length === 0) body(first);
    else
      this.e.f.if(
        i32.ltS(position, first.end),
        () => this.e.scope(() => body(first)),
        () => this.byClass(others, position, body),
      );
  }

  /** Emits a loop over the positions of a class. */
  along(
    { start, end }: { readonly start: number; readonly end: number },
    body: (position: Local<"i32">) => void,
  ): void {
    const { e } = this;
    if (start >= end) return;
    const position = e.variable(i32.const(start));
    e.f.doWhile(() => {
      e.scope(() => body(position));
      e.f.increment(position, 1);
      return i32.ne(position, end);
    });
  }

  /**
   * Emits `body` for the planes of a unit, `together` × 4 at a time, then 4, then what is left. `starts` are addresses of
   * the first plane; the body gets its groups at once.
   */
  eachPlanes(
    count: Unit["count"],
    starts: readonly { readonly operand: PoolOperand; readonly at: Index }[],
    together: number,
    body: (groups: readonly PlaneGroup[]) => void,
  ): void {
    const { e } = this;
    const cursors = new Map(starts.map(({ operand, at }) => [operand.name, e.variable(at)]));
    const step = (planes: number): void => {
      for (const { operand } of starts) e.f.increment(cursors.get(operand.name)!, planes * operand.plane);
    };
    const run = (n: number, lanes: number): void => {
      e.scope(() => body(Array.from({ length: n }, (_, g) => this.#group(cursors, g, lanes))));
    };
    if (typeof count === "number") {
      const size = 4 * together;
      const whole = Math.floor(count / size);
      const repeat = (times: number, n: number, lanes: number): void => {
        const once = (): void => {
          run(n, lanes);
          step(n * lanes);
        };
        if (times === 1) once();
        else if (times > 1) e.f.repeat(times, once);
      };
      repeat(whole, together, 4);
      if (together > 1) repeat(Math.floor((count % size) / 4), 1, 4);
      if (count % 4 > 0) repeat(1, 1, count % 4);
      return;
    }
    const left = e.variable(count);
    for (const [n, lanes] of together > 1
      ? ([
          [together, 4],
          [1, 4],
          [1, 1],
        ] as const)
      : ([
          [1, 4],
          [1, 1],
        ] as const)) {
      e.f.while(
        () => i32.geS(left, n * lanes),
        () => {
          run(n, lanes);
          step(n * lanes);
          e.f.increment(left, -n * lanes);
        },
      );
    }
  }

  #group(cursors: ReadonlyMap<string, Local<"i32">>, g: number, lanes: number): PlaneGroup {
    const { e } = this;
    const stride = ({ plane, dtype }: PoolOperand): number => plane / byteSize(dtype);
    const where = (operand: PoolOperand, offset: number): Place =>
      place(cursors.get(operand.name)!, 4 * g * operand.plane + offset);
    return {
      lanes,
      read: (operand, offset = 0) => readLanes(e, operand.dtype, where(operand, offset), stride(operand), lanes),
      write: (operand, value, offset = 0) => writeLanes(e, value, where(operand, offset), stride(operand), lanes),
      at: (operand) => e.let(i32.add(cursors.get(operand.name)!, 4 * g * operand.plane)),
    };
  }
}

/** The stage of a pool; `define` emits a unit. */
export function poolStage(plan: PoolPlan, key: string, emit: (code: PoolCode, unit: Unit) => void): Stage {
  const parameters = [...operandPointers(plan.reads.length, plan.writes.length), argument("outer")];
  return {
    key,
    parameters,
    tasks: ({ outer }) => ceilDiv(poolUnits(plan, outer!), plan.grain),
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const code = new PoolCode(new Emitter(module, f), plan, named as Arguments);
        code.eachUnit((unit) => emit(code, unit));
      }),
  };
}
