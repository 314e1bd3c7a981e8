// Pages that open without the network: a sheet's page is kept on the device as it came, with the newest state that the
// server told, until it is handed in or the visit is ended. Only in a tab of its own: a frame belongs to the LMS's page.

import { device } from "./device.js";

const isOwnTab = window.top === window;
// Nobody comes back to a station after that; what was marked waits in the log of taps for as long as it has to.
const LONGEST = 3 * 24 * 3600 * 1000;

if (isOwnTab && "serviceWorker" in navigator) {
  document.addEventListener("DOMContentLoaded", prepare);
}

/** Have the worker keep what opens a sheet without the network. */
export async function prepare() {
  const shell = shellAddress();
  if (!shell) return;
  try {
    const active = await isActive(await navigator.serviceWorker.register("/sheets/worker.js", { scope: "/sheets/" }));
    const used = performance.getEntriesByType("resource").map(({ name }) => name);
    active.postMessage({ shell, assets: used.filter((url) => new URL(url).pathname.startsWith("/static/")) });
  } catch {
    // A browser that refuses still has the log of taps; only a reload needs the network then.
  }
}

// Asked for without a token, the address of any sheet answers the shell.
function shellAddress() {
  if (document.querySelector("[data-mark-sheet], [data-shell]") && location.pathname.startsWith("/sheets/")) return location.pathname;
  return document.querySelector("[data-my-sheets] a[href^='/sheets/']")?.pathname;
}

// Not `serviceWorker.ready`: this document came from a one-time address, which the worker does not serve.
function isActive(registration) {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker.state === "activated") return worker;
  return new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve(worker));
  });
}

/** Keep the page that is on the screen, as the server sent it. */
export async function keep(path, rater) {
  if (!isOwnTab) return;
  const html = asSent(document.getElementById("page"));
  await quietly(async (here) => {
    const known = await here.page(path, rater);
    await here.forgetPagesBefore(Date.now() - LONGEST);
    await here.keepPage({ path, rater, html, state: known?.state, tag: known?.html === html ? known.tag : undefined, at: Date.now() });
    await here.setPerson(rater);
    await learnPaths(here, rater);
  });
}

/** Keep the page at `path` without opening it. `ask` fetches it. Gives whether it is kept and as the server has it now. */
export async function fetchAndKeep(path, rater, ask) {
  if (!isOwnTab) return false;
  const isKept = await quietly(async (here) => {
    const known = await here.page(path, rater);
    const answer = await ask(path, known?.tag ? { "If-None-Match": known.tag } : {});
    if (answer.status === 304) return true;
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
    if (!page?.querySelector("[data-mark-sheet]")) {
      if (known) await here.forgetPage(known.key); // closed meanwhile
      return Boolean(page) && !page.querySelector("[data-shell]");
    }
    const state = (await here.page(path, rater))?.state;
    await here.keepPage({ path, rater, html: asSent(page), state, tag: answer.headers.get("ETag") ?? undefined, at: Date.now() });
    await learnPaths(here, rater);
    return true;
  });
  return isKept ?? false;
}

function asSent(page) {
  const copy = page.cloneNode(true);
  copy.removeAttribute("inert");
  return copy.outerHTML;
}

export async function keepState(path, rater, state) {
  if (!isOwnTab) return;
  await quietly(async (here) => {
    const page = await here.page(path, rater);
    if (!page) return;
    if (state.is_open) await here.keepPage({ ...page, state });
    else await here.forgetPage(page.key);
  });
}

export async function keptState(path, rater) {
  return (await quietly((here) => here.page(path, rater)))?.state;
}

/**
 * Open the page kept for `address`, without the network: only what `rater` kept, and where a new tab knows nobody, the
 * person who was here last. `push` writes a history entry. Gives whether there was one.
 */
export async function openKept(address, rater, { push = null } = {}) {
  if (!isOwnTab) return false;
  const path = new URL(address, location.href).pathname;
  const page = await quietly(async (here) => here.page(path, rater ?? (await here.person())));
  if (!page) return false;
  push?.(path);
  htmx.swap("#page", page.html, { swapStyle: "outerHTML" });
  window.scrollTo(0, 0);
  return true;
}

export function forgetKept() {
  keptPaths.clear();
  return quietly((here) => here.forgetPages());
}

// Which addresses need not wait for a network that does not answer.
const keptPaths = new Set();

async function learnPaths(here, rater) {
  keptPaths.clear();
  for (const path of await here.paths(rater)) keptPaths.add(path);
}

export function isKept(address) {
  return keptPaths.has(new URL(address, location.href).pathname);
}

async function quietly(work) {
  try {
    return await work(await device);
  } catch {
    return undefined;
  }
}
