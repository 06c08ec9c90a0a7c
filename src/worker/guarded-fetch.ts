/**
 * A `fetch` that reaches the named hosts over HTTPS and nothing else: no redirects, which would lead anywhere, no cookies,
 * no referrer. What it uses of the language is taken before the extension's code can change it.
 *
 * @param domains - hosts such as `api.acme.example`, or `*.acme.example` for all hosts below it
 * @param send - the platform's `fetch`
 * @returns the guarded `fetch`; it rejects with a `TypeError` as a refused `fetch` does
 */
export function guardFetch(domains: readonly string[], send: typeof fetch = fetch): typeof fetch {
  const hosts = Object.freeze(domains.filter((domain) => !domain.startsWith("*.")));
  // ".acme.example": what the name of every host below ends with.
  const endings = Object.freeze(
    domains.filter((domain) => domain.startsWith("*.")).map((domain) => domain.slice(1)),
  );
  const [MakeRequest, ParsedUrl, scope] = [Request, URL, globalThis];
  const call = Reflect.apply.bind(Reflect);
  const urlOf = getterOf(MakeRequest.prototype, "url");
  const protocolOf = getterOf(ParsedUrl.prototype, "protocol");
  const hostOf = getterOf(ParsedUrl.prototype, "hostname");
  const endsWith = Reflect.get<object, string>(String.prototype, "endsWith") as (
    this: string,
    ending: string,
  ) => boolean;

  // Loops, not methods of lists: the extension may have put others in their place.
  const isAllowed = (host: string): boolean => {
    for (let index = 0; index < hosts.length; index++) if (host === hosts[index]) return true;
    for (let index = 0; index < endings.length; index++)
      if (call(endsWith, host, [endings[index]!])) return true;
    return false;
  };

  return async (input, init) => {
    const request = new MakeRequest(input, init);
    const url = new ParsedUrl(urlOf(request));
    const host = hostOf(url);
    if (protocolOf(url) !== "https:" || !isAllowed(host)) {
      throw new TypeError(`this extension may not talk to ${host} (capabilities.network.domains)`);
    }
    const guarded: RequestInit = { redirect: "error", credentials: "omit", referrerPolicy: "no-referrer" };
    return call(send, scope, [request, guarded]);
  };
}

/** Reads an accessor as it is now, whatever replaces it later. */
function getterOf(prototype: object, name: string): (target: object) => string {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  const getter = Reflect.get(descriptor, "get") as (() => string) | undefined;
  if (getter === undefined) throw new TypeError(`${name} is no accessor here`);
  const call = Reflect.apply.bind(Reflect);
  return (target) => call(getter, target, []);
}
