/** The charts, as one object: `charts.line(…)`. */

export { graph } from "../graphs/graph.ts";
export { boxes, heat, masks } from "../pictures/annotated.ts";
export { featureMaps, filters, images } from "../pictures/images.ts";
export { bands } from "./bands.ts";
export { bars } from "./bars.ts";
export { confusion } from "./confusion.ts";
export { precisionRecall, roc, schedule } from "./curves.ts";
export { embedding } from "./embedding.ts";
export { histogram } from "./histogram.ts";
export { histograms } from "./histograms.ts";
export { history } from "./history.ts";
export { line } from "./line.ts";
export { scatter } from "./scatter.ts";
