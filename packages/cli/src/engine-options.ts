import { Option, type Command } from "commander";
import { backendNames } from "limpid/network";
import type { EngineSettings } from "./open-limpid.js";

/** What commander makes of {@link addEngineOptions}. */
export interface EngineOptions {
  readonly backend: EngineSettings["backend"];
  /** The model's folder. */
  readonly model?: string;
}

/** Gives a command the options that say where to compute, and with which model. */
export function addEngineOptions(command: Command): Command {
  const backend = new Option("--backend <name>", "where to compute; auto is webgpu on a real GPU, else wasm");
  return command
    .addOption(backend.choices(["auto", ...backendNames]).default("auto"))
    .option(
      "--model <folder>",
      "a model's folder, with model.json in it, instead of the one that comes with Limpid",
    );
}

/** What the options say. */
export function engineSettings({ backend, model }: EngineOptions): EngineSettings {
  return { backend, model };
}
