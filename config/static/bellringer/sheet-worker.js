// Opens the pages of sheets without the network: the shell, which holds nobody's data, and what it needs to run.

const CACHE = "bellringer-sheets-1";
const SHELL = "/sheets/shell";
const SHEET = /^\/sheets\/([0-9a-f-]{36}\/)?$/;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const PATIENCE = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && SHEET.test(pathname)) event.respondWith(opened(event.request));
  else if (pathname.startsWith("/static/")) event.respondWith(asset(event.request));
});

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function keep({ shell, assets }) {
  const cache = await caches.open(CACHE);
  // Asked for without a token, every address of a sheet answers the same shell.
  const answer = await fetch(shell, { credentials: "omit", cache: "no-store" });
  if (answer.ok) await cache.put(SHELL, answer);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  const wanted = new Set([...assets, new URL(SHELL, self.location).href]);
  await Promise.all([...kept].filter((url) => !wanted.has(url)).map((url) => cache.delete(url)));
  const missing = assets.filter((url) => !kept.has(url) || !HASHED.test(new URL(url).pathname));
  await Promise.all(missing.map((url) => cache.add(url)));
}

async function opened(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const shell = await (await caches.open(CACHE)).match(SHELL);
    if (shell) return shell;
    throw error;
  }
}

async function asset(request) {
  const kept = await (await caches.open(CACHE)).match(request.url);
  if (kept && HASHED.test(new URL(request.url).pathname)) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
