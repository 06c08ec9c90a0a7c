import type { ExtensionManifest } from "../../src/sdk/packs/index.js";

/** A JSON object that a test changes. */
export type Json = Record<string, unknown>;

export const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** The manifest of an expert pack that is as it should be. */
export function packManifest(): Json {
  return {
    name: "@acme/limpid-descreen",
    publisher: "acme",
    version: "1.2.0",
    license: "MIT",
    engines: { limpid: "^0.1.0" },
    contributes: {
      experts: [
        {
          id: "acme.descreen",
          title: "Remove print screens",
          file: "experts/descreen.safetensors",
          size: 1000,
          sha256: "a".repeat(64),
          degradations: ["halftone"],
          base: { id: "limpid.compact", sha256: "b".repeat(64) },
          golden: { before: "golden/before.png", after: "golden/after.png", psnr: 31.5 },
        },
      ],
      degradations: [{ id: "halftone", title: "Print screen", description: "Dots of a printed picture." }],
    },
  };
}

/** The manifest of an extension that uses everything there is. */
export function fullManifest(): Json {
  const pack = packManifest();
  return {
    ...pack,
    displayName: "Descreen",
    description: "Removes print screens.",
    browser: "./dist/extension.js",
    icon: "icon.png",
    activationEvents: ["onStartup", "onDegradation:halftone"],
    capabilities: {
      network: { domains: ["api.acme.example", "*.acme.example"], reason: "Asks the licence server." },
      pixels: { reason: "Measures the screen's angle." },
    },
    extensionDependencies: ["acme.limpid-tools"],
    enabledApiProposals: ["tileHooks"],
    contributes: {
      ...(pack.contributes as Json),
      commands: [{ command: "acme.descreenAll", title: "All", category: "Acme", enablement: "hasSelection" }],
      menus: {
        "image/context": [
          { command: "acme.descreenAll", when: "hasSelection", group: "restore@1" },
          { command: "limpid.restore" },
        ],
      },
      configuration: {
        title: "Descreen",
        properties: {
          "acme.angle": { type: "number", description: "The angle.", default: 45, minimum: 0, maximum: 90 },
          "acme.mode": { type: "string", description: "The mode.", default: "fast", enum: ["fast", "best"] },
        },
      },
      recipes: [
        {
          id: "acme.oldScan",
          title: "Old scan",
          degradation: "halftone",
          faults: [{ degradation: "noise", severity: [0.1, 0.5] }],
        },
        { id: "acme.screen", title: "Screen", degradation: "halftone", module: "recipes/screen.js" },
      ],
    },
    keywords: ["limpid"],
    repository: { type: "git", url: "https://example.com/descreen.git" },
    "x-acme": { anything: [1, { goes: null }] },
  };
}

/** The one expert of {@link packManifest}. */
export function firstExpert(manifest: Json): Json {
  return (manifest.contributes as { experts: Json[] }).experts[0]!;
}

/** What a fault of a manifest says, on one line. */
export function problemsOf(details: Readonly<Record<string, unknown>>): string[] {
  return (details.problems as { path: string; message: string; fix: string }[]).map(
    ({ path, message, fix }) => `${path} ${message} (${fix})`,
  );
}

/** What must hold of a manifest, whatever it was read from. */
export function isSound(manifest: ExtensionManifest): boolean {
  const { experts, commands } = manifest.contributes;
  return (
    manifest.id === `${manifest.publisher}.${manifest.name.split("/").at(-1)}` &&
    [...experts.map(({ id }) => id), ...commands.map(({ command }) => command)].every((id) =>
      id.startsWith(`${manifest.publisher}.`),
    ) &&
    experts.every(
      ({ file, strength }) => !/^\.|\/\.\.|\\|^[a-z]:/i.test(file) && strength > 0 && strength <= 2,
    ) &&
    Object.isFrozen(experts)
  );
}
