// The launch token: kept for this frame, sent with every request, from this one place.

import { isKept, openKept } from "./offline.js";
import { ask, supports } from "./platform.js";

const STORED = "bellringer.launch";
const PERSON = "bellringer.person";
const PATIENCE = 4000;
const meta = (name) => document.querySelector(`meta[name="${name}"]`);

/**
 * This tab's storage, or a stand-in that forgets at reload: browsers that block third-party cookies without
 * partitioning storage throw at the very mention of sessionStorage inside a frame.
 */
export const storage = usable(() => window.sessionStorage) ?? Object.assign(new Map(), { isStandIn: true });

function usable(open) {
  try {
    const found = open();
    return { get: (key) => found.getItem(key), set: (key, value) => found.setItem(key, value), delete: (key) => found.removeItem(key) };
  } catch {
    return null;
  }
}

let token = takeOverFirstPage() ?? history.state?.[STORED] ?? storage.get(STORED) ?? null;
remember();

// A first page hands the token over once: out of the document and into memory, this history entry and this tab.
function takeOverFirstPage() {
  const handed = meta("launch-token");
  if (!handed) return null;
  const path = meta("launch-path")?.content;
  if (path) history.replaceState(history.state, "", path);
  handed.remove();
  storage.delete(PERSON); // a new visit: its pages say whose it is
  return handed.content;
}

// The history entry belongs to this frame alone and outlives a reload; the tab's storage is shared by its frames.
function remember() {
  if (!token) return;
  if (history.state?.[STORED] !== token) history.replaceState({ ...history.state, htmx: true, [STORED]: token }, "");
  storage.set(STORED, token);
}

/** The visit is over: this frame keeps nothing that could go on with it. What older history entries hold has ended. */
export function forget() {
  token = null;
  storage.delete(STORED);
  storage.delete(PERSON);
  const { [STORED]: _, ...rest } = history.state ?? {};
  history.replaceState(rest, "");
}

function headers(extra = {}) {
  return token ? { ...extra, Authorization: `Bearer ${token}` } : extra;
}

/** Call our API as this launch. Resolves to the Response whatever its status; rejects when there is no network. */
export function api(path, { method = "GET", body, keepalive = false, headers: extra = {} } = {}) {
  return fetch(path, {
    method,
    keepalive, // outlives the page that asks
    headers: headers(body === undefined ? extra : { "Content-Type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "omit",
    signal: AbortSignal.timeout?.(20_000),
  });
}

/** Have something read aloud: by the LMS's page where it does that, since not all readers listen inside frames; else by ours. */
export async function announce(text) {
  const announcer = document.getElementById("announcer");
  if (!announcer || !text) return;
  announcer.className = "visually-hidden";
  if (supports("lti.screenReaderAlert") && (await ask("lti.screenReaderAlert", { body: text }))) return;
  announcer.textContent = "";
  requestAnimationFrame(() => (announcer.textContent = text));
}

/** That there is no connection: for the eyes too, until something is answered again. */
export function sayOffline() {
  const announcer = document.getElementById("announcer");
  const { offline } = document.body.dataset;
  if (!announcer || !offline) return;
  announce(offline);
  announcer.textContent = offline;
  announcer.className = "toast";
}

function isOnline() {
  document.querySelector("#announcer.toast")?.setAttribute("class", "visually-hidden");
}

window.addEventListener("online", isOnline);
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && isOnline());

document.addEventListener("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, headers());
  if (detail.verb === "get" && isKept(detail.path)) detail.timeout ||= PATIENCE;
});
document.addEventListener("htmx:historyCacheMiss", ({ detail: { xhr, path } }) => {
  if (token) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
  // Back and forward without the network: htmx would leave the old page under the new address.
  if (isKept(path)) xhr.timeout = PATIENCE;
  for (const failure of ["error", "timeout"]) xhr.addEventListener(failure, () => openWithoutNetwork(path, { push: null }));
});

// htmx writes its own history entries; each of them learns who is here.
for (const moved of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
  document.addEventListener(moved, remember);
}

// After a whole page was swapped in, the reader starts at its top; partial updates stay where the reader is.
document.addEventListener("htmx:afterSettle", (event) => {
  const page = document.getElementById("page");
  if (!page || event.detail.target?.id !== "page") return;
  page.focus({ preventScroll: true });
  announce(page.dataset.title);
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { elt, requestConfig: asked, target } }) => {
    const isPage = asked?.verb === "get" && target?.id === "page";
    if (isPage) openWithoutNetwork(asked.path);
    else if (!elt?.dataset.waits) sayOffline();
  });
}

/** Open what this device keeps of `address`, else say that there is no network. Gives whether it was kept. */
export async function openWithoutNetwork(address, { push = pushAddress } = {}) {
  const isOpen = await openKept(address, whoIsHere(), { push });
  if (!isOpen) sayOffline();
  return isOpen;
}

// A visit whose person is not known opens nothing that somebody kept; a tab without a visit, what the last person kept.
function whoIsHere() {
  return storage.get(PERSON) ?? (token ? "" : null);
}

function pushAddress(path) {
  if (path !== location.pathname) history.pushState({ htmx: true, ...(token ? { [STORED]: token } : {}) }, "", path);
}

// The shell knows nobody: it asks for its own address again, with the token of this tab. Without the network it opens
// what this device keeps; without a token that is only so while nobody can be asked.
async function openShell() {
  const shell = document.querySelector("[data-shell]");
  if (!shell) return;
  const isThere = await isReachable();
  if (token && isThere) {
    htmx.ajax("GET", location.pathname + location.search, { target: "#page", select: "#page", swap: "outerHTML" });
  } else if (isThere || !(await openKept(location.pathname, whoIsHere()))) {
    shell.querySelector("[data-shell-wait]").hidden = true;
    shell.querySelector("[data-shell-lost]").hidden = false;
  }
}

async function isReachable() {
  try {
    await fetch("/lti/jwks.json", { method: "HEAD", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout?.(5000) });
    return true;
  } catch {
    return false;
  }
}

/** Who is here: said by pages that keep something on this device, so that nobody opens what another person kept. */
export function remembersPerson(key) {
  storage.set(PERSON, key);
}

// New tabs share no storage with a frame: they get a one-time address. The tab is opened first, inside the click.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-new-tab]");
  if (!link) return;
  event.preventDefault();
  const tab = window.open("", "_blank");
  try {
    tab.location = await oneTimeAddress(link, link.dataset.newTab);
  } catch {
    tab?.close();
    sayOffline();
  }
});

// A download carries no header either. It leaves the frame where it is, and opens no tab that would stay empty.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-download]");
  if (!link) return;
  event.preventDefault();
  try {
    const href = await oneTimeAddress(link, link.dataset.download);
    Object.assign(document.createElement("a"), { href, download: "" }).click();
  } catch {
    sayOffline();
  }
});

async function oneTimeAddress(link, codes) {
  const form = new URLSearchParams({ path: link.getAttribute("href") });
  const answer = await fetch(codes, { method: "POST", headers: headers(), body: form });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).url;
}

openShell();
// Back leads to a page whose visit may be over.
document.addEventListener("htmx:historyRestore", openShell);

// Until htmx listens, a click would leave without the token: a first page comes inert, and wakes up here.
document.addEventListener("DOMContentLoaded", () => document.getElementById("page")?.removeAttribute("inert"));
