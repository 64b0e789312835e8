/**
 * Naming modules by path, and building layers: what `init` and the first `parameters()` have in common.
 */

import { locate, StateError, session, type TensorSpec, withScope } from "@prewitt/core";
import { wrapForward } from "./call.ts";
import type { AnyModule } from "./module.ts";
import { className, joinPath, moduleState, type NamedTree } from "./state.ts";
import { type Walk, walk } from "./walk.ts";

/**
 * Walks from `root` and gives a path to every module that has none. A module that another root has named keeps its
 * path, unless that root lies below this one.
 */
export function nameModules(root: AnyModule): Walk {
  const found = walk(root);
  const state = root[moduleState];
  state.tree ??= { root, revision: 0, members: [] };
  state.path ??= "";
  const { tree, path: prefix } = state;
  const inside = new Set(found.modules.map(({ module }) => module));
  let renamed = false;
  for (const { path, module } of found.modules) {
    wrapForward(module);
    const s = module[moduleState];
    if (s.tree === tree && s.path !== undefined) continue;
    if (s.tree !== undefined && !inside.has(s.tree.root)) continue;
    s.tree = tree;
    s.path = joinPath(prefix, path);
    renamed = true;
  }
  for (const { path, variable, owner } of found.variables) {
    if (owner[moduleState].tree === tree) variable.name = joinPath(prefix, path);
  }
  noteMembers(tree, root, found, renamed);
  return found;
}

function noteMembers(tree: NamedTree, root: AnyModule, found: Walk, renamed: boolean): void {
  let changed = renamed;
  if (tree.root === root) {
    const members = [...found.modules.map((m) => m.module), ...found.variables.map((v) => v.variable)];
    changed ||= members.length !== tree.members.length || members.some((m, i) => m !== tree.members[i]);
    tree.members = members;
  }
  if (changed) tree.revision++;
}

/** Builds layers; gives back what it built when that fails, so that a second attempt begins afresh. */
export class Builder {
  readonly #built: { module: AnyModule; fields: object }[] = [];

  build(module: AnyModule, inputs: readonly TensorSpec[] | undefined): void {
    const state = module[moduleState];
    if (module.build === undefined || state.built) return;
    const fields = { ...module };
    const { trace } = session;
    session.trace = undefined;
    try {
      withScope(state.path ?? "", () => module.build?.(inputs));
    } catch (error) {
      Object.assign(module, fields);
      throw error;
    } finally {
      session.trace = trace;
    }
    state.built = true;
    this.#built.push({ module, fields });
  }

  undo(): void {
    for (const { module, fields } of this.#built) {
      Object.assign(module, fields);
      module[moduleState].built = false;
    }
  }
}

/**
 * Builds what is not built yet without inputs. Throws `StateError` that lists the layers that need them.
 */
export function buildRest(found: Walk, builder: Builder, op: string, summary: string, fix: string): void {
  const problems: string[] = [];
  for (const { path, module } of found.modules) {
    try {
      builder.build(module, undefined);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      problems.push(`${path === "" ? "the model" : path} (${className(module)}): ${error.details.summary}`);
    }
  }
  if (problems.length === 0) return;
  throw locate(new StateError({ op, summary, problems, fix }));
}

/** The modules and variables below `module`, all named and built. */
export function prepared(module: AnyModule): Walk {
  const found = nameModules(module);
  if (found.modules.every(({ module: m }) => m.build === undefined || m[moduleState].built)) return found;
  if (session.trace !== undefined) {
    throw locate(
      new StateError({
        op: className(module),
        summary: "the model has layers without weights, and none can be made inside compile",
        fix: "call init(model, inputShape) before compile",
      }),
    );
  }
  const builder = new Builder();
  try {
    buildRest(
      found,
      builder,
      "parameters",
      "input sizes are not known",
      "call init(model, inputShape) first, for example init(model, [1, 28, 28]), or give `in` to these layers",
    );
    return nameModules(module);
  } catch (error) {
    builder.undo();
    throw error;
  }
}
