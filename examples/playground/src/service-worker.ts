/** What is kept; put in by the build: names of the page's files, and a name that changes with them. */
declare const FILES: readonly string[];
declare const CACHE: string;

/** What TypeScript's library for pages does not know of a service worker. */
interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface RequestEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
const scope = globalThis as unknown as {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
};

const folder = new URL("./", location.href);
const own = new Set(FILES.map((name) => new URL(name, folder).href));

scope.addEventListener("install", (event) => {
  const keep = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })));
    await scope.skipWaiting();
  };
  event.waitUntil(keep());
});

scope.addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    for (const name of await caches.keys()) {
      // The installed packs are in a cache of their own.
      if (name.startsWith("limpid-playground-") && name !== CACHE) await caches.delete(name);
    }
    await scope.clients.claim();
  };
  event.waitUntil(tidy());
});

// The network first, so that nobody gets an old page; the page's own files from the cache where there is no network.
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (request.method !== "GET" || !(own.has(url.href) || url.href === folder.href)) return;
  const answer = async (): Promise<Response> => {
    try {
      return await fetch(request);
    } catch (error) {
      const kept = await caches.match(
        url.href === folder.href ? new URL("index.html", folder).href : url.href,
      );
      if (kept !== undefined) return kept;
      throw error;
    }
  };
  event.respondWith(answer());
});
