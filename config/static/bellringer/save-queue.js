// What one sheet still has to tell the server: the newest value of each field, kept in this tab's storage until a 2xx.
// A queue outlives its page: leaving the sheet does not stop it.

import { api, storage } from "./launch.js";

const queues = new Map();
const LONGEST_PAUSE = 30_000;

// Each rater has a queue of their own: on a shared tablet nobody sends what another person marked.
export function queueOf(sheet, rater) {
  const name = `bellringer.sheet.${sheet}.${rater}`;
  if (!queues.has(name)) queues.set(name, new SaveQueue(name));
  return queues.get(name);
}

/** Whether anything of any sheet has not reached the server. */
export function isUnsaved() {
  return [...queues.values()].some((queue) => !queue.isIdle);
}

class SaveQueue extends EventTarget {
  revision = 0;
  hasFailed = false;
  isVisitOver = false;
  survivesReload = true;
  #stored;
  #sending = false;
  #failures = 0;
  #timer;

  constructor(stored) {
    super();
    this.#stored = stored;
    this.entries = new Map(read(stored));
    window.addEventListener("online", () => this.send());
  }

  get isIdle() {
    return this.entries.size === 0;
  }

  /** Keep the newest values of a field, in place of older ones that still wait or were refused. */
  put(url, body) {
    this.entries.set(url, { body: { ...this.entries.get(url)?.body, ...body } });
    this.#changed();
  }

  /** Send what waits, one after the other; tries again later when the network or the server is away. */
  async send() {
    if (this.#sending) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#sendOne(...next))) break;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** Resolves to true once everything is saved, to false as soon as something is refused. */
  emptied() {
    return new Promise((resolve) => {
      const look = () => {
        const isRefused = this.isVisitOver || [...this.entries.values()].some((entry) => entry.isRefused);
        if (!this.isIdle && !isRefused) return;
        this.removeEventListener("change", look);
        resolve(this.isIdle);
      };
      this.addEventListener("change", look);
      look();
      this.send();
    });
  }

  #next() {
    return [...this.entries].find(([, entry]) => !entry.isRefused);
  }

  async #sendOne(url, entry) {
    let answer;
    try {
      answer = await api(url, { method: "PUT", body: { ...entry.body, revision: this.revision } });
    } catch {
      return this.#later();
    }
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) return this.#later(true);
    // A success without a revision is not our server's: a log-in page of the network, say.
    if (answer.ok && !Number.isInteger(said.revision)) return this.#later();
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return this.#later();
    const isNewest = this.entries.get(url) === entry;
    if (answer.ok) {
      this.revision = said.revision;
      if (isNewest) this.entries.delete(url);
    } else if (isNewest) {
      this.entries.set(url, { ...entry, isRefused: true, reason: reasonIn(said) });
    }
    this.#failures = 0;
    this.hasFailed = this.isVisitOver = false;
    this.#changed();
    return true;
  }

  #later(isVisitOver = false) {
    this.hasFailed = true;
    this.isVisitOver = isVisitOver;
    const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.send(), pause);
    this.#changed();
    return false;
  }

  #store() {
    try {
      if (this.isIdle) storage.delete(this.#stored);
      else storage.set(this.#stored, JSON.stringify([...this.entries]));
      this.survivesReload = !storage.isStandIn;
    } catch {
      // Storage is full: what waits lives in memory only, and leaving the page warns.
      this.survivesReload = false;
    }
  }

  #changed() {
    this.#store();
    this.dispatchEvent(new Event("change"));
    document.dispatchEvent(new CustomEvent("bellringer:unsaved", { detail: isUnsaved() }));
  }
}

function read(stored) {
  try {
    return JSON.parse(storage.get(stored) ?? "[]");
  } catch {
    return [];
  }
}

// A refusal is {"detail": sentence} or {"<field>": [sentences]}.
function reasonIn(said) {
  return said.detail ?? Object.values(said).flat().join(" ");
}
