/**
 * Places of boxes, frames and arrows by dagre (layered drawing after Sugiyama, Tagawa and Toda 1981), which is loaded when
 * the first graph is drawn.
 */

import type { Box, Frame } from "./collapse.ts";

export interface Place {
  /** Middle of the box. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Place[];
  readonly frames: readonly Place[];
  readonly arrows: readonly { readonly to: number; readonly points: readonly { x: number; y: number }[] }[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Room above the boxes of a frame, for its path. */
const HEADING = 18;

export async function layoutOf(
  boxes: readonly Box[],
  frames: readonly Frame[],
  sizes: readonly Size[],
  right: boolean,
): Promise<Layout> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: right ? "LR" : "TB", nodesep: 18, ranksep: 24, edgesep: 12, marginx: 2, marginy: 2 });
  graph.setDefaultEdgeLabel(() => ({}));
  boxes.forEach((_, b) => {
    graph.setNode(`${b}`, { ...sizes[b] });
  });
  frames.forEach((frame, f) => {
    graph.setNode(`frame ${f}`, {});
    for (const b of frame.boxes) graph.setParent(`${b}`, `frame ${f}`);
  });
  boxes.forEach((box, b) => {
    for (const from of box.inputs) graph.setEdge(`${from}`, `${b}`);
    // What reads nothing, such as the seed of a gradient, stands below what was computed before it.
    if (box.inputs.length === 0 && b > 0 && box.phase !== "input") graph.setEdge(`${b - 1}`, `${b}`, { weight: 0 });
  });
  layout(graph);
  const place = (name: string): Place => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(name) as Partial<Place>;
    return { x, y, width, height };
  };
  const placed = boxes.map((_, b) => place(`${b}`));
  const framed = frames.map((frame, f) => around(frame, placed, place(`frame ${f}`)));
  const arrows = boxes.flatMap((box, b) =>
    box.inputs.map((from) => {
      const edge = graph.edge(`${from}`, `${b}`) as { points?: readonly { x: number; y: number }[] };
      return { to: b, points: edge.points ?? [] };
    }),
  );
  const { width = 0, height = 0 } = graph.graph() as Partial<Size>;
  // Arrows around everything else may lead outside of what dagre counts.
  const reach = arrows.flatMap(({ points }) => points.map(({ x }) => x));
  const left = Math.min(0, ...reach);
  return shifted({ width: Math.max(width, ...reach) + 2, height, boxes: placed, frames: framed, arrows }, -left);
}

/** Everything `dx` to the right, with room for the heading of a frame at the top. */
function shifted({ width, height, boxes, frames, arrows }: Layout, dx: number): Layout {
  const move = <P extends { readonly x: number }>(place: P): P => ({ ...place, x: place.x + dx });
  return {
    width: width + dx,
    height: height + HEADING,
    boxes: boxes.map(move),
    frames: frames.map(move),
    arrows: arrows.map(({ to, points }) => ({ to, points: points.map(move) })),
  };
}

/** The frame as dagre has it, high enough for its heading. */
function around({ boxes }: Frame, places: readonly Place[], given: Place): Place {
  const own = boxes.map((b) => places[b] as Place);
  const top = Math.min(...own.map(({ y, height }) => y - height / 2)) - HEADING;
  const bottom = Math.max(...own.map(({ y, height }) => y + height / 2)) + 7;
  return { ...given, y: (top + bottom) / 2, height: bottom - top };
}
