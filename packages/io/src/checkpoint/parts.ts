/**
 * Taking the states of the parts of a run, and giving them back: all of them or none.
 */

import { locate, OptionError, StateError } from "@prewitt/core";
import { Module, type State, type Stateful } from "@prewitt/nn";

/** What a run depends on, by name. */
export type Parts = Readonly<Record<string, Stateful>>;

const hasState = (part: unknown): part is Stateful =>
  typeof (part as Stateful | null)?.stateDict === "function" &&
  typeof (part as Stateful | null)?.loadStateDict === "function";

/** Throws `OptionError` that lists names that cannot be used and parts without a state. */
export function checkParts(op: string, parts: Parts): void {
  const problems = Object.entries(parts ?? {}).flatMap(([name, part]) => [
    ...(name === "" || name.includes("/") ? [`"${name}" is no name: it is empty or has a slash`] : []),
    ...(hasState(part) ? [] : [`${name} has no stateDict() and loadStateDict()`]),
  ]);
  if (problems.length === 0 && Object.keys(parts ?? {}).length > 0) return;
  throw locate(
    new OptionError({
      op,
      summary: problems.length === 0 ? "there is nothing to save" : "these parts cannot be saved",
      problems,
      fix: "pass models, optimisers and loaders by name: { model, optimizer, data }",
    }),
  );
}

/** The states now; modules with the counters of their random layers. */
export function statesOf(parts: Parts): Record<string, State> {
  const entries = Object.entries(parts).map(
    ([name, part]) =>
      [name, part instanceof Module ? part.stateDict({ counters: true }) : (part.stateDict() as State)] as const,
  );
  return Object.fromEntries(entries);
}

async function give(part: Stateful, state: State): Promise<void> {
  if (part instanceof Module) part.loadStateDict(state as Parameters<typeof part.loadStateDict>[0], { counters: true });
  else await part.loadStateDict(state);
}

/** Gives every part its state. When one refuses, those before it get their own back, and the error is thrown. */
export async function restore(parts: Parts, states: Readonly<Record<string, State>>, file: string): Promise<void> {
  checkNames(parts, states, file);
  const before = statesOf(parts);
  const done: string[] = [];
  try {
    for (const [name, part] of Object.entries(parts)) {
      done.push(name);
      await give(part, states[name] as State);
    }
  } catch (error) {
    for (const name of done.slice(0, -1)) await give(parts[name] as Stateful, before[name] as State);
    throw error;
  }
}

function checkNames(parts: Parts, states: Readonly<Record<string, State>>, file: string): void {
  const unsaved = Object.keys(parts).filter((name) => !Object.hasOwn(states, name));
  const unused = Object.keys(states).filter((name) => !Object.hasOwn(parts, name));
  if (unsaved.length + unused.length === 0) return;
  throw new StateError({
    op: "checkpoint",
    summary: `${file} holds other parts than this run, nothing was restored`,
    problems: [
      ...unsaved.map((name) => `${name} is not in the file`),
      ...unused.map((name) => `${name} is in the file, and not among the parts of this run`),
    ],
    fix: "resume with the parts that were saved, or take what is needed from readCheckpoint(file)",
  });
}
