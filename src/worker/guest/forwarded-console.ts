/** The levels of a line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A `console` whose lines go to the host, so that they name the extension that wrote them. */
export function forwardedConsole(
  write: (level: LogLevel, text: string) => void,
): Pick<Console, "debug" | "info" | "log" | "warn" | "error"> {
  const writer =
    (level: LogLevel) =>
    (...values: readonly unknown[]) =>
      write(level, values.map(describe).join(" "));
  return {
    debug: writer("debug"),
    info: writer("info"),
    log: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

function describe(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ?? `${value.name}: ${value.message}`;
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- objects are written as JSON
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  } catch {
    return "[something that cannot be described]";
  }
}
