/**
 * The planner: a graph to a program, in passes that are pure functions.
 *
 *     collect → expand → simplify → lower (and lay out) → mask pools → fuse → join → schedule → assign in place → plan memory
 */

import type { Program } from "../program/program.ts";
import type { ExecutorTraits } from "../run/executor.ts";
import { checkMemory } from "./check-memory.ts";
import { expand } from "./expand.ts";
import { fuse } from "./fuse.ts";
import type { Graph } from "./graph.ts";
import { assignInPlace } from "./in-place.ts";
import { join } from "./join.ts";
import { lower } from "./lower.ts";
import { maskPools } from "./mask-pools.ts";
import { planMemory } from "./memory.ts";
import { schedule } from "./schedule.ts";
import { simplify } from "./simplify.ts";

export interface PlanStages {
  readonly collected: Graph;
  readonly expanded: Graph;
  readonly simplified: Graph;
  readonly lowered: Program;
  readonly fused: Program;
  readonly scheduled: Program;
  readonly program: Program;
}

/** Runs all passes and keeps what each produced. */
export function planStages(collected: Graph, traits: ExecutorTraits): PlanStages {
  const expanded = expand(collected);
  const simplified = simplify(expanded);
  const lowered = lower(simplified, traits, collected.leaves.length);
  const fused = fuse(maskPools(lowered, traits), traits);
  const scheduled = assignInPlace(schedule(join(fused, traits)));
  const program = planMemory(scheduled, traits);
  return { collected, expanded, simplified, lowered, fused, scheduled, program };
}

/** The program of a graph. Throws `MemoryError` before anything runs when it needs more than the executor has. */
export function plan(graph: Graph, traits: ExecutorTraits): Program {
  const { program } = planStages(graph, traits);
  checkMemory(program, traits);
  return program;
}
