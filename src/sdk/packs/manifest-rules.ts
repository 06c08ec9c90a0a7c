import { Range, subset } from "semver";
import type { ManifestJson } from "./manifest.js";
import { joinPath, type ManifestProblem } from "./manifest-problem.js";
import { describePathFault, findPathCollisions } from "./pack-path.js";

/**
 * The rules that a schema cannot say: ranges, ids that belong to the publisher, ids that occur twice, values that
 * contradict each other.
 *
 * @param manifest - what the schema has passed; undefined, or a hole in a list, stands for what it has not
 */
export function noteManifestRules(manifest: Partial<ManifestJson>): ManifestProblem[] {
  const rules = new Rules(manifest.publisher);
  const { engines, contributes = {}, browser, activationEvents = [], capabilities = {} } = manifest;
  const {
    experts = [],
    degradations = [],
    commands = [],
    menus = {},
    configuration,
    recipes = [],
  } = contributes;
  const at = (...keys: (string | number)[]): string => keys.reduce<string>(joinPath, "");

  const rangeFault = engines && describeRangeFault(engines.limpid);
  if (rangeFault !== undefined) {
    const fix = "name one major version, such as ^1.2.0";
    rules.note(at("engines", "limpid"), engines?.limpid, rangeFault, fix);
  }

  experts.forEach((expert, index) => {
    const path = at("contributes", "experts", index);
    rules.own(joinPath(path, "id"), expert.id);
    rules.file(joinPath(path, "file"), expert.file);
    rules.file(joinPath(joinPath(path, "golden"), "before"), expert.golden.before);
    rules.file(joinPath(joinPath(path, "golden"), "after"), expert.golden.after);
    if (expert.golden.before === expert.golden.after) {
      const where = joinPath(joinPath(path, "golden"), "after");
      rules.note(
        where,
        expert.golden.after,
        "is the same file as before",
        "name the picture without the damage",
      );
    }
  });
  rules.unique(at("contributes", "experts"), "id", experts);
  rules.unique(at("contributes", "experts"), "file", experts);
  rules.unique(at("contributes", "degradations"), "id", degradations);
  rules.unique(at("contributes", "commands"), "command", commands);
  rules.unique(at("contributes", "recipes"), "id", recipes);

  commands.forEach(({ command }, index) =>
    rules.own(at("contributes", "commands", index, "command"), command),
  );
  // A hole is a command that the schema has refused.
  const knowsCommands = !(commands as readonly unknown[]).includes(undefined);
  for (const [menu, items] of knowsCommands ? Object.entries(menus) : []) {
    items?.forEach(({ command }, index) => {
      const isForeign = !rules.owns(command);
      if (isForeign || commands.some((contributed) => contributed.command === command)) return;
      const path = at("contributes", "menus", menu, index, "command");
      rules.note(path, command, "is a command that nobody contributes", "add it to contributes.commands");
    });
  }
  for (const [key, setting] of Object.entries(configuration?.properties ?? {})) {
    rules.setting(at("contributes", "configuration", "properties", key), key, setting);
  }
  recipes.forEach((recipe, index) => {
    const path = at("contributes", "recipes", index);
    rules.own(joinPath(path, "id"), recipe.id);
    if ((recipe.faults === undefined) === (recipe.module === undefined)) {
      const message =
        recipe.module === undefined ? "has neither faults nor module" : "has both faults and module";
      rules.note(path, recipe.id, message, "give it one of them");
    }
    if (recipe.module !== undefined) rules.file(joinPath(path, "module"), recipe.module);
    recipe.faults?.forEach(({ severity }, position) => {
      if (severity[0] <= severity[1]) return;
      const where = joinPath(joinPath(joinPath(path, "faults"), position), "severity");
      rules.note(where, severity, "has the higher severity first", "swap them");
    });
  });

  if (browser !== undefined) rules.file("browser", browser);
  if (!Object.hasOwn(manifest, "browser")) {
    for (const [key, list] of [
      ["activationEvents", activationEvents],
      ["contributes.commands", commands],
    ] as const) {
      if (list.length === 0) continue;
      rules.note(
        key,
        list,
        "needs code, and there is none",
        "name the module with the code in browser, or remove it",
      );
    }
    for (const key of ["network", "pixels"] as const) {
      if (capabilities[key] === undefined) continue;
      rules.note(at("capabilities", key), capabilities[key], "is for code, and there is none", "remove it");
    }
  }
  return [...rules.problems, ...rules.collisions()];
}

/** Collects what is wrong. */
class Rules {
  readonly problems: ManifestProblem[] = [];
  readonly #publisher: string | undefined;
  readonly #files = new Map<string, string>();

  constructor(publisher: string | undefined) {
    this.#publisher = publisher;
  }

  note(path: string, value: unknown, message: string, fix: string): void {
    this.problems.push({ path, value, message, fix });
  }

  /** Whether an id is the publisher's; any id is if the publisher is not known. */
  owns(id: string): boolean {
    return this.#publisher === undefined || id.startsWith(`${this.#publisher}.`);
  }

  /** An id must begin with the publisher, so that no extension stands in for another's. */
  own(path: string, id: string): void {
    if (this.owns(id)) return;
    this.note(path, id, `is ${JSON.stringify(id)}`, `let it begin with the publisher: ${this.#publisher}.`);
  }

  /** A path must name one file inside the pack on every system. */
  file(path: string, file: string): void {
    const relative = file.startsWith("./") ? file.slice(2) : file;
    const fault = describePathFault(relative);
    if (fault === undefined) this.#files.set(relative, path);
    else this.note(path, file, `is a path that ${fault}`, "name a file inside the pack, in plain letters");
  }

  /** Files whose paths are one file on some systems. */
  collisions(): ManifestProblem[] {
    return findPathCollisions([...this.#files.keys()]).map(([first, second]) => ({
      path: this.#files.get(second)!,
      value: second,
      message: `is the same file as ${first} where upper and lower case are not told apart`,
      fix: "spell both alike, or rename one",
    }));
  }

  unique<K extends string>(path: string, key: K, items: readonly Readonly<Record<K, string>>[]): void {
    const seen = new Set<string>();
    items.forEach(({ [key]: value }, index) => {
      if (seen.has(value))
        this.note(joinPath(joinPath(path, index), key), value, "is there twice", "rename one of them");
      seen.add(value);
    });
  }

  setting(path: string, key: string, setting: SettingJson): void {
    this.own(path, key);
    const values = [
      ["default", setting.default] as const,
      ...(setting.enum ?? []).map((item) => ["enum", item] as const),
    ];
    for (const [name, value] of values) {
      if (isOfType(value, setting.type)) continue;
      const fix = `make it a ${setting.type}, or change the type`;
      this.note(joinPath(path, name), value, `is ${JSON.stringify(value)}, not of type ${setting.type}`, fix);
    }
    if (setting.enum !== undefined && !setting.enum.some((item) => item === setting.default)) {
      this.note(
        joinPath(path, "default"),
        setting.default,
        "is not in enum",
        "take one of the values that are allowed",
      );
    }
    const { minimum = -Infinity, maximum = Infinity } = setting;
    if (minimum > maximum)
      this.note(joinPath(path, "minimum"), minimum, `is above maximum, ${maximum}`, "swap them");
    else if (
      typeof setting.default === "number" &&
      (setting.default < minimum || setting.default > maximum)
    ) {
      const message = `is ${setting.default}, outside of ${minimum} to ${maximum}`;
      this.note(joinPath(path, "default"), setting.default, message, "choose one within");
    }
  }
}

interface SettingJson {
  readonly type: string;
  readonly default: boolean | number | string;
  readonly enum?: readonly (number | string)[];
  readonly minimum?: number;
  readonly maximum?: number;
}

function isOfType(value: unknown, type: string): boolean {
  return type === "integer" ? Number.isSafeInteger(value) : typeof value === type;
}

/** Each alternative of a range must lie within one major version; else it promises what nobody can know. */
function describeRangeFault(text: string): string | undefined {
  let range: Range;
  try {
    range = new Range(text);
  } catch {
    return `is ${JSON.stringify(text)}, which is no range of versions`;
  }
  const isWithin = range.set.every((comparators) => {
    const alternative = comparators.map(({ value }) => value).join(" ");
    // A range below 1.0.0 names the major version after its own.
    const majors = comparators.flatMap(({ semver: { major } }) =>
      typeof major === "number" ? [major, major - 1] : [],
    );
    return majors.some(
      (major) =>
        major >= 0 && subset(alternative, `>=${major}.0.0-0 <${major + 1}.0.0`, { includePrerelease: true }),
    );
  });
  return isWithin ? undefined : `is ${JSON.stringify(text)}, which is not within one major version`;
}
