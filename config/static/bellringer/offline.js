// Pages that open without the network: a sheet's page is kept on the device as it came, with the newest state that the
// server told, until it is handed in or the visit is ended. Only in a tab of its own: a frame belongs to the LMS's page.

import { device } from "./device.js";

const isOwnTab = window.top === window;
// Nobody comes back to a station after that; what was marked waits in the log of taps for as long as it has to.
const LONGEST = 3 * 24 * 3600 * 1000;

if (isOwnTab && "serviceWorker" in navigator) {
  document.addEventListener("DOMContentLoaded", prepare);
}

async function prepare() {
  if (!document.querySelector("[data-mark-sheet], [data-shell]") || !location.pathname.startsWith("/sheets/")) return;
  try {
    const active = await isActive(await navigator.serviceWorker.register("/sheets/worker.js", { scope: "/sheets/" }));
    const used = performance.getEntriesByType("resource").map(({ name }) => name);
    active.postMessage({ shell: location.pathname, assets: used.filter((url) => new URL(url).pathname.startsWith("/static/")) });
  } catch {
    // A browser that refuses still has the log of taps; only a reload needs the network then.
  }
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
  const page = document.getElementById("page").cloneNode(true);
  page.removeAttribute("inert");
  const html = page.outerHTML;
  await quietly(async (here) => {
    const state = (await here.pages(path)).find((one) => one.rater === rater)?.state;
    await here.forgetPagesBefore(Date.now() - LONGEST);
    await here.keepPage({ path, rater, html, state, at: Date.now() });
  });
}

export async function keepState(path, rater, state) {
  if (!isOwnTab) return;
  await quietly(async (here) => {
    const page = (await here.pages(path)).find((one) => one.rater === rater);
    if (!page) return;
    if (state.is_open) await here.keepPage({ ...page, state });
    else await here.forgetPage(page.key);
  });
}

export async function keptState(path, rater) {
  const pages = (await quietly((here) => here.pages(path))) ?? [];
  return pages.find((page) => page.rater === rater)?.state;
}

/** Open the page kept for `path`, without the network. Of several raters' only the one who is known to be here. */
export async function openKept(path, rater) {
  const pages = (await quietly((here) => here.pages(path))) ?? [];
  const mine = rater ? pages.filter((page) => page.rater === rater) : pages;
  if (mine.length !== 1) return false;
  htmx.swap("#page", mine[0].html, { swapStyle: "outerHTML" });
  return true;
}

export function forgetKept() {
  return quietly((here) => here.forgetPages());
}

async function quietly(work) {
  try {
    return await work(await device);
  } catch {
    return undefined;
  }
}
