/**
 * Scenes of one to four digits on photographs, which detection and segmentation learn from. What is tested shows other
 * digits on other photographs, and nothing but digits on them; scenes of the training also have clutter, since eight
 * photographs are few.
 */

import { type Dataset, mnist, type Scene, type SceneOptions, scenes } from "prewitt/data";
import { photographs } from "./photographs.ts";

/** Height and width of a scene in pixels. */
export const SIZE = 80;

/** @param more Changes of the options: smaller scenes with fewer items, for instance. */
export async function digitScenes(
  split: "train" | "test",
  samples: number,
  more: Partial<SceneOptions> = {},
): Promise<Dataset<Scene>> {
  return scenes({
    items: mnist(split),
    backgrounds: await photographs(split),
    samples,
    size: SIZE,
    count: [1, 4],
    scale: [1, 1.8],
    clutter: split === "train" ? [0, 3] : [0, 0],
    seed: split === "train" ? 1 : 2,
    ...more,
  });
}
