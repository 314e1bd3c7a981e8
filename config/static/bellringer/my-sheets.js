// The list of a rater's sheets: has each of them kept on this device, so that a day without the network can begin.

import { api, remembersPerson } from "./launch.js";
import { fetchAndKeep, keep, prepare } from "./offline.js";
import { present } from "./presence.js";
import { logOf } from "./tap-log.js";

export const selector = "[data-my-sheets]";

const AGAIN = 5 * 60_000;
const AT_ONCE = 2;

export function attach(list) {
  const { mySheets: rater, saidReady, saidGettingReady } = list.dataset;
  const progress = list.parentElement.querySelector("[data-kept-progress]");
  const gone = new AbortController();
  const log = logOf(rater);
  const presence = present(log);
  const isOwnTab = window.top === window;
  let again;
  const paths = [...list.querySelectorAll("a[href^='/sheets/']")].map((link) => link.pathname);
  remembersPerson(rater);
  log.send();
  document.addEventListener("htmx:beforeCleanupElement", ({ detail }) => detail.elt.contains(list) && leave(), { signal: gone.signal });
  if (!isOwnTab || paths.length === 0) return;
  keep(location.pathname, rater);
  prepare();
  keepAll();
  again = setInterval(keepAll, AGAIN);
  window.addEventListener("online", keepAll, { signal: gone.signal });

  function leave() {
    presence.leave();
    clearInterval(again);
    gone.abort();
  }

  async function keepAll() {
    const waiting = [...paths];
    let n = 0;
    const some = async () => {
      while (waiting.length > 0 && !gone.signal.aborted) {
        if (await fetchAndKeep(waiting.shift(), rater, (path, headers) => api(path, { headers }))) n += 1;
        show(n, waiting.length > 0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, some));
    show(n, false);
  }

  function show(n, isGoingOn) {
    if (!progress || gone.signal.aborted) return;
    const sentence = n < paths.length && isGoingOn ? saidGettingReady : saidReady;
    progress.textContent = sentence.replace("{n}", n).replace("{all}", paths.length);
  }
}
