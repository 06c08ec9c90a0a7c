import { LimpidError } from "../base/index.js";
import type { ContributedSetting } from "../packs/index.js";

/** The value of a setting. */
export type SettingValue = boolean | number | string;

/** How long a text may be, in UTF-16 code units. */
const maximumText = 1 << 16;

/**
 * Says why a value is none for a setting.
 *
 * @returns the rest of the sentence "the setting X ..."; undefined if the value is right
 */
export function faultOfSetting(setting: ContributedSetting, value: unknown): string | undefined {
  const { type, enum: allowed, minimum = -Infinity, maximum = Infinity } = setting;
  if (!isOfType(type, value))
    return `is ${show(value)}, expected ${type === "integer" ? "an integer" : `a ${type}`}`;
  if (typeof value === "string" && value.length > maximumText) {
    return `is a text of ${value.length} characters, at most ${maximumText} are kept`;
  }
  if (allowed !== undefined && !(allowed as readonly unknown[]).includes(value)) {
    return `is ${show(value)}, expected one of ${allowed.map(show).join(", ")}`;
  }
  if (typeof value === "number" && (value < minimum || value > maximum)) {
    return `is ${value}, expected ${minimum} to ${maximum}`;
  }
  return undefined;
}

/**
 * Refuses a declaration whose default is not one of its own values.
 *
 * @throws {@link LimpidError} `InvalidArgument`
 */
export function requireSetting(key: string, setting: ContributedSetting): void {
  const fault = faultOfSetting(setting, setting.default);
  if (fault === undefined) return;
  throw new LimpidError("InvalidArgument", `the default of ${key} ${fault}`, { details: { key } });
}

function isOfType(type: ContributedSetting["type"], value: unknown): value is SettingValue {
  switch (type) {
    case "boolean":
    case "string":
      return typeof value === type;
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
  }
}

function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
