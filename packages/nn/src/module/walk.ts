/**
 * Finds modules and variables by walking public fields, arrays and plain objects.
 *
 * A path joins field names, keys and positions with dots. Of a module, its variables come first, then its child modules,
 * in the order of the fields. A module or variable that is reached twice keeps its first path; cycles are allowed.
 */

import { isFloat, StateError, Variable } from "@prewitt/core";
import { Buffer } from "./buffer.ts";
import type { AnyModule } from "./module.ts";
import { isModule, joinPath } from "./state.ts";

export interface FoundModule {
  /** From the module where the walk began, which has the path "". */
  readonly path: string;
  readonly module: AnyModule;
}

/** Counters are buffers that `stateDict` leaves out. */
export type VariableKind = "parameter" | "buffer" | "counter";

export interface FoundVariable {
  readonly path: string;
  readonly variable: Variable;
  readonly kind: VariableKind;
  /** The module whose field holds it. */
  readonly owner: AnyModule;
}

export interface Walk {
  readonly modules: readonly FoundModule[];
  readonly variables: readonly FoundVariable[];
}

function kindOf(variable: Variable): VariableKind {
  if (variable instanceof Buffer) return variable.persistent ? "buffer" : "counter";
  return isFloat(variable.dtype) ? "parameter" : "buffer";
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `path` without its last part, joined with the buffer's own name if it has one. */
function pathOf(path: string, variable: Variable): string {
  const key = variable instanceof Buffer ? variable.key : undefined;
  if (key === undefined) return path;
  return joinPath(path.slice(0, Math.max(0, path.lastIndexOf("."))), key);
}

export function walk(root: AnyModule): Walk {
  const modules: FoundModule[] = [];
  const variables: FoundVariable[] = [];
  const seen = new Set<object>();
  const visitModule = (module: AnyModule, path: string): void => {
    seen.add(module);
    modules.push({ path, module });
    const children: FoundModule[] = [];
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null || seen.has(value)) return;
      if (isModule(value)) {
        children.push({ path: at, module: value });
      } else if (value instanceof Variable) {
        seen.add(value);
        variables.push({ path: pathOf(at, value), variable: value, kind: kindOf(value), owner: module });
      } else if (Array.isArray(value) || isPlain(value)) {
        seen.add(value);
        for (const [key, child] of Object.entries(value)) visit(child, joinPath(at, key));
      }
    };
    for (const [key, value] of Object.entries(module)) visit(value, joinPath(path, key));
    for (const child of children) if (!seen.has(child.module)) visitModule(child.module, child.path);
  };
  visitModule(root, "");
  refuseEqualPaths(variables);
  return { modules, variables };
}

function refuseEqualPaths(variables: readonly FoundVariable[]): void {
  const paths = new Set<string>();
  for (const { path } of variables) {
    if (paths.has(path)) {
      throw new StateError({
        op: "parameters",
        summary: `two variables have the path "${path}"`,
        fix: "rename a field, or a key that contains a dot",
      });
    }
    paths.add(path);
  }
}
