import { LimpidError } from "limpid";
import { degradationKinds, degradationNames, type Fault } from "limpid/authoring";

/** The names that {@link parseFault} takes: degradations, and behind a dash their kinds. */
export const faultNames: readonly string[] = degradationNames.flatMap((degradation) => [
  degradation,
  ...(degradationKinds[degradation] ?? []).map((kind) => `${degradation}-${kind}`),
]);

/**
 * Reads one fault as users write it.
 *
 * @param text - a degradation, perhaps with a kind and a severity: `rain`, `rain:0.3`, `blur-shake:0.8`
 * @param severity - the severity if none is written
 * @returns the fault
 * @throws {@link LimpidError} `InvalidArgument` for an unknown name or a severity outside 0..1
 */
export function parseFault(text: string, severity: number): Fault {
  const [name = "", severityText, ...rest] = text.split(":");
  if (!faultNames.includes(name)) {
    throw new LimpidError(
      "InvalidArgument",
      `no fault ${JSON.stringify(name)}; there are ${faultNames.join(", ")}`,
      { details: { fault: name, known: faultNames } },
    );
  }
  const written = severityText === undefined ? severity : Number(severityText || NaN);
  if (rest.length > 0 || !(written >= 0 && written <= 1)) {
    throw new LimpidError("InvalidArgument", `${text}: expected a severity from 0 to 1 behind the colon`, {
      details: { fault: text },
    });
  }
  const degradation = degradationNames.find(
    (known) => name === known || (degradationKinds[known] ?? []).some((kind) => name === `${known}-${kind}`),
  )!;
  const kind = name === degradation ? undefined : name.slice(degradation.length + 1);
  return { degradation, severity: written, kind };
}
