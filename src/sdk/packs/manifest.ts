import { parseStrictJson } from "./manifest-json.js";
import { invalidManifest, joinPath, type ManifestProblem } from "./manifest-problem.js";
import { noteManifestRules } from "./manifest-rules.js";
import { validateSchema } from "./manifest-schema.js";
import { checkPackPath } from "./pack-path.js";
import { extensionSchema } from "./json-schema.js";

/** A file of a pack and what it must be. */
export interface PackFile {
  /** Path inside the pack, with `/`, as {@link checkPackPath} accepts it. */
  readonly file: string;
  /** Length in bytes. */
  readonly size: number;
  /** SHA-256 of the file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A pair of pictures that proves that an expert works where it was installed. */
export interface GoldenSample {
  /** Path of the damaged picture inside the pack: PNG, JPEG or WebP. */
  readonly before: string;
  /** Path of the same picture without the damage, of the same size. */
  readonly after: string;
  /** PSNR in dB that the restored `before` reaches against `after` at least, by the expert alone at its default strength. */
  readonly psnr: number;
}

/** An expert that a pack brings. */
export interface ContributedExpert extends PackFile {
  /** Its id: the publisher, a dot, a name, such as `acme.descreen`. */
  readonly id: string;
  /** What people read in a menu, such as `Remove print screens`. */
  readonly title: string;
  /** One sentence more, if there is one. */
  readonly description?: string;
  /** The degradations that it repairs, at least one. */
  readonly degradations: readonly string[];
  /** The base that it was trained on. */
  readonly base: {
    /** The model's id, such as `limpid.compact`. */
    readonly id: string;
    /** SHA-256 over the base's tensors: `tensorSha256` in its `model.json`. */
    readonly sha256: string;
  };
  /** The weight that it acts at if nobody says otherwise, above 0, at most 2; 1 if the manifest leaves it out. */
  readonly strength: number;
  /** How to see that it works. */
  readonly golden: GoldenSample;
}

/** A degradation that the model does not know by itself. */
export interface ContributedDegradation {
  /** Its id, such as `halftone`. The same id in two packs means the same fault. */
  readonly id: string;
  /** What people read, such as `Print screen`. */
  readonly title: string;
  /** How to recognise it. */
  readonly description: string;
}

/** A command that an extension's code registers. */
export interface ContributedCommand {
  /** Its id: the publisher, a dot, a name, such as `acme.descreenAll`. */
  readonly command: string;
  readonly title: string;
  /** Heads a group of commands, such as `Acme`. */
  readonly category?: string;
  /** A `when` clause; the command cannot be executed while it is false. */
  readonly enablement?: string;
}

/** A place in a menu for a command. */
export interface ContributedMenuItem {
  /** The command's id. */
  readonly command: string;
  /** A `when` clause; the item is hidden while it is false. */
  readonly when?: string;
  /** Where among the items, such as `restore@2`. */
  readonly group?: string;
}

/** One setting. */
export interface ContributedSetting {
  /** The value's type. */
  readonly type: "boolean" | "number" | "integer" | "string";
  /** What it does, for people. */
  readonly description: string;
  /** The value until somebody sets another; of the setting's type. */
  readonly default: boolean | number | string;
  /** The values that are allowed, if only some are. */
  readonly enum?: readonly (number | string)[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Settings of an extension. */
export interface ContributedConfiguration {
  /** What people read above them. */
  readonly title: string;
  /** The settings by key: the publisher, a dot, a name, such as `acme.maximumSize`. */
  readonly properties: Readonly<Record<string, ContributedSetting>>;
}

/** One built-in fault within a {@link ContributedRecipe}. */
export interface RecipeFault {
  /** The built-in recipe, such as `noise`. */
  readonly degradation: string;
  /** Severities to draw from, each 0 to 1, the lower first. */
  readonly severity: readonly [number, number];
}

/** A way to damage clean photos, to train on. It has either `faults` or `module`. */
export interface ContributedRecipe {
  /** Its id: the publisher, a dot, a name, such as `acme.oldScan`. */
  readonly id: string;
  readonly title: string;
  /** The degradation that its results have. */
  readonly degradation: string;
  /** Built-in faults that happen together. */
  readonly faults?: readonly RecipeFault[];
  /** Path inside the pack of an ES module whose default export is a recipe. Only the trainer runs it. */
  readonly module?: string;
}

/** What an extension brings. What the manifest leaves out is empty here. */
export interface ExtensionContributions {
  readonly experts: readonly ContributedExpert[];
  /** Degradations that the model does not know by itself. */
  readonly degradations: readonly ContributedDegradation[];
  /** Commands that its code registers. */
  readonly commands: readonly ContributedCommand[];
  /** Items by menu, such as `image/context`. */
  readonly menus: Readonly<Record<string, readonly ContributedMenuItem[]>>;
  /** Settings; undefined if it has none. */
  readonly configuration: ContributedConfiguration | undefined;
  /** Ways to damage clean photos, to train on. */
  readonly recipes: readonly ContributedRecipe[];
}

/** What an extension's code is allowed to do; nothing by default. */
export interface ExtensionCapabilities {
  /** It talks to servers. */
  readonly network?: {
    /** Hosts, such as `api.acme.example` or `*.acme.example`; at least one. */
    readonly domains: readonly string[];
    /** Why, in a sentence that is shown to people who install it. */
    readonly reason: string;
  };
  /** It sees the pictures of the person who edits. */
  readonly pixels?: {
    /** Why, in a sentence that is shown to people who install it. */
    readonly reason: string;
  };
}

/** What the `package.json` of an extension says. What it leaves out is empty here. Deeply frozen. */
export interface ExtensionManifest {
  /** {@link extensionId} of it, such as `acme.limpid-descreen`. */
  readonly id: string;
  /** The npm package, such as `@acme/limpid-descreen`. */
  readonly name: string;
  /** Who answers for it: lower-case letters, digits and hyphens. */
  readonly publisher: string;
  /** Its version, semantic. */
  readonly version: string;
  /** What people read instead of the name. */
  readonly displayName: string | undefined;
  /** What it does, in a sentence. */
  readonly description: string | undefined;
  /** SPDX expression of its licence. */
  readonly license: string | undefined;
  readonly engines: {
    /** The versions of Limpid, each alternative of the range within one major. */
    readonly limpid: string;
  };
  /** Path inside the pack of the ES module with its code; undefined if it has none. */
  readonly browser: string | undefined;
  /** When its code starts, besides the commands that it contributes. */
  readonly activationEvents: readonly string[];
  /** What its code is allowed to do. */
  readonly capabilities: ExtensionCapabilities;
  /** Ids of extensions that must be there too. */
  readonly extensionDependencies: readonly string[];
  /** Proposals for the API that it tries; such an extension cannot be published. */
  readonly enabledApiProposals: readonly string[];
  readonly contributes: ExtensionContributions;
}

/** A manifest with more faults than this has none of its rules checked besides. */
const maximumProblems = 100;

/** The longest manifest that is read, in bytes. */
const maximumManifestBytes = 1 << 18;

/**
 * The id of an extension: the publisher, a dot, and the npm package's name without its scope.
 *
 * @param manifest - of which name and publisher are read
 * @returns such as `acme.limpid-descreen`
 */
export function extensionId({ name, publisher }: Pick<ExtensionManifest, "name" | "publisher">): string {
  return `${publisher}.${name.slice(name.lastIndexOf("/") + 1)}`;
}

/**
 * Whether an extension is an expert pack: experts and no code.
 *
 * @param manifest - what {@link parseExtensionManifest} gave
 */
export function isExpertPack({ browser, contributes }: ExtensionManifest): boolean {
  return browser === undefined && contributes.experts.length > 0;
}

/**
 * Reads the `package.json` of an extension. Strict: a key that is neither npm's nor Limpid's nor begins with `x-` is a
 * fault, and so is a key that occurs twice.
 *
 * @param bytes - the file, UTF-8, at most 256 KiB
 * @param name - what errors call the extension, such as the address that it came from
 * @returns the manifest
 * @throws {@link LimpidError} `InvalidManifest`; `details.problems` lists every {@link ManifestProblem}
 *
 * @example
 * ```ts
 * const manifest = parseExtensionManifest(await readFile("package.json"), "acme.limpid-descreen");
 * ```
 */
export function parseExtensionManifest(bytes: Uint8Array, name: string): ExtensionManifest {
  const json = parseStrictJson(bytes, "package.json", name, maximumManifestBytes);
  const problems = validateSchema(json, extensionSchema);
  // The rules look at what the schema has found to be well formed, so that all faults are told at once.
  if (problems.length < maximumProblems) problems.push(...noteManifestRules(withoutFaulty(json, problems)));
  if (problems.length > 0) throw invalidManifest("package.json", name, problems);
  return freeze(normalize(json as ManifestJson));
}

/**
 * The parts of a manifest that the schema lets pass. In place of what it does not there is undefined, or a hole in a list:
 * every part stays where it was.
 */
function withoutFaulty(json: unknown, problems: readonly ManifestProblem[]): Partial<ManifestJson> {
  const faulty = problems.map(({ path }) => path);
  const isWell = (path: string): boolean =>
    !faulty.some((other) => other === path || other.startsWith(`${path}.`) || other.startsWith(`${path}[`));
  const keep = (value: unknown, path: string, depth: number): unknown => {
    if (isWell(path)) return value;
    if (typeof value !== "object" || value === null || depth === 0 || faulty.includes(path)) return undefined;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      items.length = value.length;
      value.forEach((item, index) => {
        if (isWell(joinPath(path, index))) items[index] = item;
      });
      return items;
    }
    const entries = Object.entries(value).map(([key, member]) => {
      return [key, keep(member, joinPath(path, key), depth - 1)];
    });
    return Object.fromEntries(entries);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) return {};
  const entries = Object.entries(json).map(([key, value]) => {
    return [key, keep(value, joinPath("", key), key === "contributes" ? 2 : 0)];
  });
  return Object.fromEntries(entries) as Partial<ManifestJson>;
}

/** What the schema lets pass. */
export type ManifestJson = Pick<ExtensionManifest, "name" | "publisher" | "version" | "engines"> &
  Partial<Omit<ExtensionManifest, "id" | "name" | "publisher" | "version" | "engines" | "contributes">> & {
    readonly contributes?: Partial<Omit<ExtensionContributions, "experts">> & {
      readonly experts?: readonly ExpertJson[];
    };
  };

type ExpertJson = Omit<ContributedExpert, "strength"> & { readonly strength?: number };

function normalize(json: ManifestJson): ExtensionManifest {
  const { contributes = {} } = json;
  return {
    id: extensionId(json),
    name: json.name,
    publisher: json.publisher,
    version: json.version,
    displayName: json.displayName,
    description: json.description,
    license: json.license,
    engines: { limpid: json.engines.limpid },
    browser: json.browser === undefined ? undefined : checkPackPath(json.browser),
    activationEvents: json.activationEvents ?? [],
    capabilities: json.capabilities ?? {},
    extensionDependencies: json.extensionDependencies ?? [],
    enabledApiProposals: json.enabledApiProposals ?? [],
    contributes: {
      experts: (contributes.experts ?? []).map(normalizeExpert),
      degradations: contributes.degradations ?? [],
      commands: contributes.commands ?? [],
      menus: contributes.menus ?? {},
      configuration: contributes.configuration,
      recipes: (contributes.recipes ?? []).map((recipe) =>
        recipe.module === undefined ? recipe : { ...recipe, module: checkPackPath(recipe.module) },
      ),
    },
  };
}

function normalizeExpert(expert: ExpertJson): ContributedExpert {
  const { golden } = expert;
  return {
    ...expert,
    file: checkPackPath(expert.file),
    strength: expert.strength ?? 1,
    golden: { ...golden, before: checkPackPath(golden.before), after: checkPackPath(golden.after) },
  };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}
