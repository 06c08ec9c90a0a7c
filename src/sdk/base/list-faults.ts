/** How many faults a message spells out; an error's `details` have all of them. */
const spelledOut = 6;

/** Faults as a message has them, one behind the other. */
export function listFaults(faults: readonly string[]): string {
  const more = faults.length > spelledOut ? `; and ${faults.length - spelledOut} more` : "";
  return faults.slice(0, spelledOut).join("; ") + more;
}
