import { cpus, loadavg, totalmem } from "node:os";

/**
 * The machine and how busy it is, in one line.
 *
 * @param details - runtime and GPU
 */
export function describeMachine(...details: readonly string[]): string {
  const [load = 0] = loadavg();
  return [
    `${cpus()[0]?.model.trim() ?? "an unknown processor"}, ${cpus().length} cores at a load of ${load.toFixed(0)}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    ...details,
  ].join("; ");
}
