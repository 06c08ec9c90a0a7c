import { LimpidError } from "../../../src/sdk/base/index.js";

/** A photograph with the fault that somebody saw in it. */
export interface LabelledPhoto {
  /** Its file, in the folder of the labels. */
  readonly file: string;
  /** The fault; `clean` for one that is to be left alone. */
  readonly fault: string;
  /** A second fault that is there, too; empty for none. */
  readonly second: string;
  /** Whether the fault is plain rather than barely visible. */
  readonly isPlain: boolean;
  /** Whether a camera took it: pages and drawings are counted apart. */
  readonly isPhotograph: boolean;
}

/** What the router makes of a photograph. */
export interface Judged extends LabelledPhoto {
  /** The most probable fault. */
  readonly top: string;
  /** The faults that count as present, so that a restore would act on them. */
  readonly present: readonly string[];
}

/** How a restore would do on the photographs of one fault, or of all. */
export interface Score {
  /** Photographs. */
  readonly count: number;
  /** The fault is the most probable one, and acted on. */
  readonly right: number;
  /** Otherwise, it or the second one is acted on. */
  readonly found: number;
  /** Only another fault is acted on. */
  readonly wrong: number;
  /** Nothing is done. */
  readonly alone: number;
}

/**
 * Reads labels: a CSV whose head names `file`, `fault`, `second`, `visible` (1 barely, to 3 plainly) and `real` (0 for
 * what no camera took), among others.
 *
 * @param csv - the file's text; fields may be quoted
 * @throws {@link LimpidError} `InvalidArgument` if a column is missing or a row is of another length
 */
export function parseLabels(csv: string): readonly LabelledPhoto[] {
  const [head = [], ...rows] = csv
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map(parseFields);
  const columnOf = (name: string): number => {
    const column = head.indexOf(name);
    if (column === -1) throw new LimpidError("InvalidArgument", `the labels have no column ${name}`);
    return column;
  };
  const [file, fault, second, visible, real] = ["file", "fault", "second", "visible", "real"].map(columnOf);
  return rows.map((row, index) => {
    if (row.length !== head.length) {
      throw new LimpidError(
        "InvalidArgument",
        `row ${index + 2} of the labels has ${row.length} fields, its head ${head.length}`,
      );
    }
    return {
      file: row[file!]!,
      fault: row[fault!]!,
      second: row[second!]!,
      isPlain: row[visible!] !== "1",
      isPhotograph: row[real!] !== "0",
    };
  });
}

/** What a restore would do on photographs with a fault. */
export function scoreOf(photos: readonly Judged[]): Score {
  const outcomes = photos.map(outcomeOf);
  const count = (outcome: Outcome): number => outcomes.filter((other) => other === outcome).length;
  return {
    count: photos.length,
    right: count("right"),
    found: count("found"),
    wrong: count("wrong"),
    alone: count("alone"),
  };
}

type Outcome = "right" | "found" | "wrong" | "alone";

function outcomeOf({ fault, second, top, present }: Judged): Outcome {
  if (present.length === 0) return "alone";
  if (top === fault && present.includes(fault)) return "right";
  return present.includes(fault) || present.includes(second) ? "found" : "wrong";
}

function parseFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}
