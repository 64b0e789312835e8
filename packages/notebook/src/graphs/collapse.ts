/**
 * Items collapsed by module to a depth: neighbours of one module become one box, operations outside of modules, or between
 * the modules of a container, stay boxes of their own. Boxes keep the order of computation, so their arrows make no cycle.
 */

import type { Item, Phase } from "./items.ts";

export interface Box {
  /** Module path or name of the op. */
  readonly label: string;
  /** Class of the module; "" for ops. */
  readonly type: string;
  readonly phase: Phase;
  /** Path of the container that it is drawn in, "" for none. */
  readonly parent: string;
  /** Class of the container; "" where it is not known. */
  readonly parentType: string;
  readonly items: readonly Item[];
  /** Numbers of the boxes that it reads. */
  readonly inputs: readonly number[];
  readonly shape: string;
}

/** Most boxes of a picture whose depth is not given. */
const MOST = 90;

/** Most operations that are called by one of them. */
const FEW = 16;

/** Boxes to a depth of module paths; without one to the greatest that gives a picture of readable size. */
export function collapse(items: readonly Item[], types: ReadonlyMap<string, string>, depth?: number): Box[] {
  if (depth !== undefined) return boxesOf(items, types, depth);
  const deepest = Math.max(0, ...items.map(({ scope }) => partsOf(scope).length));
  for (let d = deepest; d > 1; d--) {
    const boxes = boxesOf(items, types, d);
    if (boxes.length <= MOST) return boxes;
  }
  return boxesOf(items, types, 1);
}

function partsOf(path: string): string[] {
  return path === "" ? [] : path.split(".");
}

function boxesOf(items: readonly Item[], types: ReadonlyMap<string, string>, depth: number): Box[] {
  const containers = containersIn(items);
  const groups: { key: string; path: string | undefined; numbers: number[] }[] = [];
  items.forEach(({ scope, phase }, i) => {
    const parts = partsOf(scope);
    // All that an optimiser does is one box: its operations are the same for every parameter.
    const module = phase !== "update" && depth > 0 && scope !== "";
    const whole = module && (parts.length >= depth || !containers.has(scope));
    const path = whole ? parts.slice(0, depth).join(".") : undefined;
    const key = path !== undefined ? `${phase} ${path}` : phase === "update" ? `update ${scope}` : `#${i}`;
    const last = groups.at(-1);
    if (last?.key === key) last.numbers.push(i);
    else groups.push({ key, path, numbers: [i] });
  });
  const boxAt = new Map<number, number>();
  groups.forEach(({ numbers }, b) => {
    for (const i of numbers) boxAt.set(i, b);
  });
  const results = resultsOf(items, boxAt);
  return groups.map(({ path, numbers }, b) => {
    const own = numbers.map((i) => items[i] as Item);
    const last = own.at(-1) as Item;
    const inputs = own.flatMap((item) => item.inputs.map((i) => boxAt.get(i) as number)).filter((from) => from !== b);
    const several = last.phase === "update" && own.length > 1;
    const alone = several || depth === 0;
    const parent = path === undefined ? (alone ? "" : last.scope) : partsOf(path).slice(0, -1).join(".");
    return {
      label: path ?? (several ? last.scope || "update" : last.op),
      type: path === undefined ? "" : kindOf(types.get(path), own),
      phase: last.phase,
      parent,
      parentType: types.get(parent) ?? "",
      items: own,
      inputs: [...new Set(inputs)],
      shape: several ? `${own.length} operations` : (results.get(b) ?? last).shape,
    };
  });
}

/** Paths of modules that contain others. */
function containersIn(items: readonly Item[]): Set<string> {
  return new Set(items.flatMap(({ scope }) => partsOf(scope).map((_, i, parts) => parts.slice(0, i).join("."))));
}

/** Of each box the item that a later box of the same phase reads first: what the module returns. */
function resultsOf(items: readonly Item[], boxAt: ReadonlyMap<number, number>): Map<number, Item> {
  const results = new Map<number, Item>();
  items.forEach(({ inputs, phase }, reader) => {
    for (const i of inputs) {
      const [from, item] = [boxAt.get(i) as number, items[i] as Item];
      if (from !== boxAt.get(reader) && item.phase === phase && !results.has(from)) results.set(from, item);
    }
  });
  return results;
}

/** The module's class, or for functions the op that does most of the work. */
function kindOf(type: string | undefined, items: readonly Item[]): string {
  if (items[0]?.phase === "backward") return type === undefined ? "gradient" : `${type} gradient`;
  return type ?? mainOp(items);
}

/** The op that does most of the work of a few; "" where there are many. */
function mainOp(items: readonly Item[]): string {
  if (items.length > FEW) return "";
  return items.reduce((main, item) => (item.flops > main.flops ? item : main)).op;
}

/** A frame around neighbouring boxes of one container. */
export interface Frame {
  readonly path: string;
  readonly type: string;
  readonly boxes: readonly number[];
}

/** Frames around two or more neighbouring boxes of the same container and phase. */
export function framesOf(boxes: readonly Box[]): Frame[] {
  const frames: { path: string; type: string; phase: Phase; boxes: number[] }[] = [];
  boxes.forEach(({ parent, parentType, phase }, b) => {
    const last = frames.at(-1);
    if (last?.path === parent && last.phase === phase && last.boxes.at(-1) === b - 1) last.boxes.push(b);
    else frames.push({ path: parent, type: parentType, phase, boxes: [b] });
  });
  return frames.filter((frame) => frame.path !== "" && frame.boxes.length > 1);
}
