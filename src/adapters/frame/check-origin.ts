import { LimpidError } from "../../sdk/base/index.js";

/**
 * Requires an origin: neither `*`, which sends photos to whoever is there, nor a URL with a path, which never equals an event's
 * origin.
 *
 * @throws {@link LimpidError} `InvalidArgument`
 */
export function checkOrigin(origin: string, example: string): void {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new LimpidError(
    "InvalidArgument",
    `${JSON.stringify(origin)} is no origin, such as ${JSON.stringify(example)}`,
    { details: { origin } },
  );
}
