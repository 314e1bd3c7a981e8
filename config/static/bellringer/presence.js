// Says that this device is here, and what of each sheet still waits on it; hears what others changed on the sheet it shows.

import { api } from "./launch.js";

const EVERY = 15_000;
const SETTLING = 2_000;

/**
 * Tell for as long as the page is open: of a sheet that it shows, else only what waits.
 * `heard` gets the whole sheet where others changed it. Gives `say`, and `leave` for a page that is left.
 */
export function present(log, { sheet = null, heard = () => {} } = {}) {
  const address = sheet ? `/api/sheets/${sheet}/presence/` : "/api/devices/";
  const gone = new AbortController();
  const { signal } = gone;
  let told = 0;
  let settling;
  let isSaying = false;

  const telling = setInterval(say, EVERY);
  log.addEventListener("change", onChange, { signal });
  window.addEventListener("online", say, { signal });
  window.addEventListener("pagehide", sayGoodbye, { signal });
  window.addEventListener("pageshow", ({ persisted }) => persisted && say(), { signal });
  say();

  // A tap waits for a moment only: what is told is what stays waiting, and that it no longer does.
  function onChange() {
    clearTimeout(settling);
    if (log.waiting.length !== told) settling = setTimeout(say, SETTLING);
  }

  async function say() {
    if (isSaying) return;
    isSaying = true;
    try {
      const waiting = await log.countsBySheet();
      const n = log.waiting.length;
      const answer = await post({ waiting });
      told = n;
      if (sheet && answer.ok) hear(await answer.json());
    } catch {
      told = null; // Without the network nobody hears, and the server notices the silence.
    } finally {
      isSaying = false;
      if (told !== null && !signal.aborted) onChange(); // meanwhile it may have changed again
    }
  }

  function hear(said) {
    if (said.sheet && !signal.aborted) heard(said.sheet);
  }

  async function post(said, { keepalive = false } = {}) {
    const body = { log: await log.name(), ...said, ...(sheet ? { revision: log.seen(sheet) } : {}) };
    return api(address, { method: "POST", body, keepalive });
  }

  async function sayGoodbye() {
    if (!sheet) return;
    try {
      await post({ waiting: await log.countsBySheet(), is_leaving: true }, { keepalive: true });
    } catch {
      // As above.
    }
  }

  function leave() {
    clearInterval(telling);
    clearTimeout(settling);
    gone.abort();
    sayGoodbye();
  }

  return { say, leave };
}
