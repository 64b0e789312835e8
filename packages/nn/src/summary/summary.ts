/**
 * `summary`: what each layer of a model gives and costs, found from one symbolic run in evaluation mode with batch 1.
 *
 * Floating-point operations count a multiplication and an addition as two. Activation bytes are those of the value that a
 * layer hands on; a view of its input (flatten) has none.
 */

import { byteSize, checkOptions, type DType, formatShape, nodeFlops, type Shape, type Tensor } from "@prewitt/core";
import { type InputShape, readInputShape } from "../module/init.ts";
import type { AnyModule } from "../module/module.ts";
import { prepared } from "../module/prepare.ts";
import { className, moduleState } from "../module/state.ts";
import type { FoundVariable } from "../module/walk.ts";
import { type CallTree, type ModuleCallRecord, recordCalls } from "./calls.ts";
import { type ReceptiveField, receptiveFields } from "./receptive-field.ts";
import { bytesText, countText, flopsText, formatTable } from "./text.ts";

/** One call of a layer, or what a module with layers inside does itself. */
export interface SummaryRow {
  /** Path of the module, "" for the model. */
  readonly path: string;
  /** Class of the module. */
  readonly type: string;
  /** Shape of each result without its batch axis; empty for a module that is never called. */
  readonly outputShapes: readonly Shape[];
  /** Whether the module contains others, and the row says what it does beside them. */
  readonly container: boolean;
  /** Elements of its own parameters; 0 in later rows of a module that is called again. */
  readonly parameters: number;
  readonly flops: number;
  readonly activationBytes: number;
  /** Input pixels that a result can depend on; `undefined` where no image enters. */
  readonly receptiveField: ReceptiveField | undefined;
}

export interface Summary {
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  /** Without frozen ones. */
  readonly trainableParameters: number;
  readonly flops: number;
  readonly activationBytes: number;
  /** The table. */
  toString(): string;
}

export interface SummaryOptions {
  /** Dtype of the inputs. Default float32. */
  readonly dtype?: DType | undefined;
}

/** The value of a view is that of the tensor it looks at. */
function source(t: Tensor): Tensor {
  let at = t;
  while ("view" in at.node.op && at.node.inputs[0] !== undefined) at = at.node.inputs[0];
  return at;
}

function bytesOf(call: ModuleCallRecord): number {
  const own = new Set(call.nodes);
  const values = new Set(call.outputs.map(source).filter((t) => own.has(t.node)));
  return [...values].reduce((sum, t) => sum + t.size * byteSize(t.dtype), 0);
}

function rowsOf(tree: CallTree, variables: readonly FoundVariable[]): SummaryRow[] {
  const fields = receptiveFields(tree.inputs, tree.nodes);
  const counted = new Set<AnyModule>();
  const rows: SummaryRow[] = [];
  const ownParameters = (module: AnyModule): number => {
    if (counted.has(module)) return 0;
    counted.add(module);
    return countParameters(variables.filter((v) => v.owner === module));
  };
  const visit = (call: ModuleCallRecord): void => {
    for (const child of call.children) visit(child);
    const flops = call.nodes.reduce((sum, node) => sum + nodeFlops(node), 0);
    const parameters = ownParameters(call.module);
    if (call.children.length > 0 && flops === 0 && parameters === 0) return;
    const found = call.outputs.map((t) => fields.get(t)).filter((f) => f !== undefined);
    rows.push({
      path: call.path,
      type: className(call.module),
      container: call.children.length > 0,
      outputShapes: call.outputs.map((t) => t.shape.slice(1)),
      parameters,
      flops,
      activationBytes: bytesOf(call),
      receptiveField: found.includes("all") ? "all" : found.at(-1),
    });
  };
  visit(tree.root);
  return rows;
}

function countParameters(variables: readonly FoundVariable[]): number {
  return variables.reduce(
    (sum, { variable, kind }) => sum + (kind === "parameter" ? variable.shape.reduce((a, b) => a * b, 1) : 0),
    0,
  );
}

/**
 * The layers of an initialised model in the order in which they run, without running them. Modules that contain others
 * have a row where they compute something themselves. Throws what `forward` throws for shapes that do not fit.
 *
 * @param inputShape As for `init`: without the batch axis.
 *
 * @example console.log(`${summary(model, [1, 28, 28])}`);
 */
export function summary(model: AnyModule, inputShape: InputShape, options: SummaryOptions = {}): Summary {
  checkOptions("summary", options, ["dtype"]);
  const { dtype = "float32" } = options;
  const shapes = readInputShape("summary", inputShape);
  const { modules, variables } = prepared(model);
  const modes = modules.map(({ module }) => module[moduleState].training);
  for (const { module } of modules) module[moduleState].training = false;
  let tree: CallTree;
  try {
    tree = recordCalls(
      model,
      modules,
      shapes.map((shape) => ({ shape: [1, ...shape], dtype })),
    );
  } finally {
    modules.forEach(({ module }, i) => {
      module[moduleState].training = modes[i] as boolean;
    });
  }
  const rows = rowsOf(tree, variables);
  const listed = new Set(rows.map((row) => row.path));
  for (const { path, module } of modules) {
    const parameters = countParameters(variables.filter((v) => v.owner === module));
    if (parameters === 0 || listed.has(path)) continue;
    rows.push({
      path,
      type: className(module),
      container: false,
      outputShapes: [],
      parameters,
      flops: 0,
      activationBytes: 0,
      receptiveField: undefined,
    });
  }
  const trainable = variables.filter((v) => !v.owner[moduleState].frozen.has(v.variable));
  const totals = {
    parameters: countParameters(variables),
    trainableParameters: countParameters(trainable),
    flops: rows.reduce((sum, row) => sum + row.flops, 0),
    activationBytes: rows.reduce((sum, row) => sum + row.activationBytes, 0),
  };
  const text = () => formatSummary(rows, totals, shapes);
  // What Node's console prints; no field of the summary.
  const printed = { value: text, enumerable: false };
  return Object.defineProperty({ rows, ...totals, toString: text }, Symbol.for("nodejs.util.inspect.custom"), printed);
}

function fieldText(field: ReceptiveField | undefined, input: Shape): string {
  if (field === undefined) return "–";
  return field === "all" ? `all ${input.slice(-2).join("×")}` : field.join("×");
}

function formatSummary(
  rows: readonly SummaryRow[],
  totals: Omit<Summary, "rows" | "toString">,
  shapes: readonly Shape[],
): string {
  const image = shapes.find((s) => s.length === 3) ?? [];
  const table = formatTable(
    ["path", "type", "output", "parameters", "FLOP", "activations", "receptive field"],
    rows.map((row) => [
      `${row.path === "" ? "(model)" : row.path}${row.container ? " itself" : ""}`,
      row.type,
      row.outputShapes.length === 0 ? "not called" : row.outputShapes.map(formatShape).join(" "),
      row.parameters === 0 ? "" : countText(row.parameters),
      row.flops === 0 ? "" : flopsText(row.flops),
      row.activationBytes === 0 ? "" : bytesText(row.activationBytes),
      fieldText(row.receptiveField, image),
    ]),
    ["total", "", "", countText(totals.parameters), flopsText(totals.flops), bytesText(totals.activationBytes), ""],
  );
  const frozen = totals.parameters - totals.trainableParameters;
  const input = shapes.map(formatShape).join(" ");
  return `input ${input}, per sample${frozen === 0 ? "" : `; ${countText(frozen)} parameters are frozen`}\n${table}`;
}
