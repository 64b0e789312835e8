/**
 * A graph's boxes as text: the two lines inside a box, what is said on hover, and the languages of Mermaid and Graphviz.
 */

import { byteText } from "@prewitt/core";
import { type Box, framesOf } from "./collapse.ts";

/** `477 kFLOP` */
export function flopText(n: number): string {
  const units = ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"];
  let [rest, at] = [n, 0];
  for (; rest >= 1000 && at < units.length - 1; at++) rest /= 1000;
  return `${at === 0 ? Math.round(rest) : rest.toPrecision(3)} ${units[at]}`;
}

/** Longest label that a box has; longer ones lose their beginning. */
const LONGEST = 34;

/** The name, inside a frame without the frame's own path. */
export function nameOf(box: Box, framed: boolean): string {
  const inside = framed && box.label.startsWith(`${box.parent}.`);
  const label = inside ? box.label.slice(box.parent.length + 1) : box.label;
  return label.length > LONGEST ? `…${label.slice(1 - LONGEST)}` : label;
}

/** Operations by name with their number: `conv2d, add ×2`. */
function opsText({ items }: Box): string {
  const counts = new Map<string, number>();
  for (const { op } of items) counts.set(op, (counts.get(op) ?? 0) + 1);
  const texts = [...counts].map(([op, n]) => (n === 1 ? op : `${op} ×${n}`));
  return texts.length > 12 ? `${texts.slice(0, 12).join(", ")}, …` : texts.join(", ");
}

/** All that is known of a box, a line each. */
export function hoverText(box: Box): string {
  const flops = box.items.reduce((sum, item) => sum + item.flops, 0);
  const bytes = box.items.reduce((sum, item) => sum + item.bytes, 0);
  const reads = [...new Set(box.items.flatMap((item) => item.reads))];
  const notes = box.items.map(({ notes: n }) => n).filter(Boolean);
  const lines = [
    [box.label, box.type].filter(Boolean).join("  "),
    box.phase === "input" ? "" : `ops: ${opsText(box)}`,
    `shape: ${box.shape}`,
    flops > 0 ? flopText(flops) : "",
    bytes > 0 ? byteText(bytes) : "",
    reads.length > 0 ? `reads ${reads.slice(0, 6).join(", ")}${reads.length > 6 ? ", …" : ""}` : "",
    notes.length === 1 ? (notes[0] as string) : "",
    box.items.at(-1)?.at ?? "",
  ];
  return lines.filter((line) => line !== "").join("\n");
}

/** A box a line, with the boxes that it reads where these are not the line above. */
export function textLines(boxes: readonly Box[]): string[] {
  const widths = [0, 1].map((c) => Math.max(...boxes.map((box) => (c === 0 ? box.label : box.type).length), 0)) as [
    number,
    number,
  ];
  return boxes.map((box, b) => {
    const plain = box.inputs.length === 0 || (box.inputs.length === 1 && box.inputs[0] === b - 1);
    const from = plain ? "" : `  ← ${box.inputs.map((i) => boxes[i]?.label).join(", ")}`;
    const phase = box.phase === "backward" || box.phase === "update" ? `${box.phase}  ` : "";
    return `${phase}${box.label.padEnd(widths[0])}  ${box.type.padEnd(widths[1])}  ${box.shape}${from}`.trimEnd();
  });
}

/** A Mermaid flowchart. */
export function mermaidText(boxes: readonly Box[], right: boolean): string {
  const quoted = (text: string): string =>
    `"${text.replaceAll('"', "#quot;").replaceAll("[", "#91;").replaceAll("]", "#93;")}"`;
  const framed = new Set(framesOf(boxes).flatMap((frame) => frame.boxes));
  const node = (b: number): string => {
    const box = boxes[b] as Box;
    return `b${b}[${quoted(`${[nameOf(box, framed.has(b)), box.type].filter(Boolean).join(" ")}<br/>${box.shape}`)}]`;
  };
  const frames = framesOf(boxes).flatMap((frame, f) => [
    `  subgraph f${f}[${quoted(frame.path)}]`,
    ...frame.boxes.map((b) => `    ${node(b)}`),
    "  end",
  ]);
  const alone = boxes.flatMap((_, b) => (framed.has(b) ? [] : [`  ${node(b)}`]));
  const arrows = boxes.flatMap((box, b) => box.inputs.map((from) => `  b${from} --> b${b}`));
  return [`flowchart ${right ? "LR" : "TD"}`, ...frames, ...alone, ...arrows].join("\n");
}

/** A Graphviz graph, with what is said on hover as tooltips. */
export function dotText(boxes: readonly Box[], right: boolean): string {
  const quoted = (text: string): string => JSON.stringify(text);
  const framed = new Set(framesOf(boxes).flatMap((frame) => frame.boxes));
  const node = (b: number): string => {
    const box = boxes[b] as Box;
    const label = `${[nameOf(box, framed.has(b)), box.type].filter(Boolean).join(" ")}\n${box.shape}`;
    return `b${b} [label=${quoted(label)}, tooltip=${quoted(hoverText(box))}];`;
  };
  const frames = framesOf(boxes).flatMap((frame, f) => [
    `  subgraph cluster_${f} {`,
    `    label=${quoted(frame.path)};`,
    ...frame.boxes.map((b) => `    ${node(b)}`),
    "  }",
  ]);
  const alone = boxes.flatMap((_, b) => (framed.has(b) ? [] : [`  ${node(b)}`]));
  const arrows = boxes.flatMap((box, b) => box.inputs.map((from) => `  b${from} -> b${b};`));
  const head = [
    "digraph {",
    `  rankdir=${right ? "LR" : "TB"};`,
    "  node [shape=box, fontname=Helvetica, fontsize=11];",
  ];
  return [...head, ...frames, ...alone, ...arrows, "}"].join("\n");
}
