// The log of what one rater tapped on this device. A tap is written down first, then sent; only the server's 2xx ends its wait.
// A log outlives its page: leaving a sheet does not stop it, and the next visit on this device sends what is left.

import { device } from "./device.js";
import { api } from "./launch.js";

const logs = new Map();
const MOST_AT_ONCE = 50;
const LONGEST_PAUSE = 30_000;

// Each rater has a log of their own: on a shared tablet nobody sends what another person marked.
export function logOf(rater) {
  if (!logs.has(rater)) logs.set(rater, new TapLog(rater));
  return logs.get(rater);
}

/** Whether anything of any sheet has not reached the server. */
export function isUnsaved() {
  return [...logs.values()].some((log) => !log.isIdle);
}

class TapLog extends EventTarget {
  hasFailed = false;
  isVisitOver = false;
  isWritten = true; // what was tapped is on the device, not only on the screen
  survivesReload = true;
  refusal = ""; // of everything at once: the server's sentence
  waiting = [];
  #rater;
  #seen = new Map();
  #writing;
  #sending = false;
  #failures = 0;
  #mostAtOnce = MOST_AT_ONCE;
  #timer;
  #pageLog = crypto.randomUUID();
  #pageLast = 0;

  constructor(rater) {
    super();
    this.#rater = rater;
    this.#writing = this.#open();
    window.addEventListener("online", () => this.#isBack());
  }

  get isIdle() {
    return this.waiting.length === 0;
  }

  /** What of a sheet waits, once everything that was left here by earlier pages is known. */
  async waitingFor(sheet) {
    await this.#writing;
    return this.#of(sheet);
  }

  /** What this log is called on the server. */
  async name() {
    return (await device).log;
  }

  /** How many taps of each sheet have not reached the server, once it is known what earlier pages left here. */
  async countsBySheet() {
    await this.#writing;
    const counts = new Map();
    for (const { sheet } of this.waiting) counts.set(sheet, (counts.get(sheet) ?? 0) + 1);
    return [...counts].map(([sheet, n]) => ({ sheet, n }));
  }

  #of(sheet) {
    return this.waiting.filter((tap) => tap.sheet === sheet);
  }

  /** The sheet's revision that is on the screen: a tap tells the server what its rater could know. */
  learn(sheet, revision) {
    this.#seen.set(sheet, Math.max(revision, this.#seen.get(sheet) ?? 0));
  }

  seen(sheet) {
    return this.#seen.get(sheet) ?? 0;
  }

  /** Write a tap down. Of a text that is being written only the newest waits; every other tap is told. */
  put(sheet, field, value) {
    const isText = typeof value === "string" && value !== "na";
    const outdated = isText ? this.#of(sheet).filter((tap) => tap.field === field && !tap.isOnItsWay) : [];
    const tap = { sheet, rater: this.#rater, field, value, seen: this.seen(sheet), at: new Date().toISOString() };
    this.waiting = [...this.waiting.filter((one) => !outdated.includes(one)), tap];
    this.isWritten = false;
    this.#writing = this.#writing.then(() => this.#write(tap, outdated));
    this.#changed();
    this.send();
  }

  /** Take a tap back that was not sent yet. Gives whether that was still possible. */
  async takeBack(sheet, field) {
    await this.#writing;
    const gone = this.#of(sheet).filter((tap) => tap.field === field);
    if (gone.some((tap) => tap.isOnItsWay)) return false;
    this.waiting = this.waiting.filter((tap) => !gone.includes(tap));
    await (await device).remove(gone.map((tap) => tap.sequence));
    this.#changed();
    return gone.length > 0;
  }

  /** Send what waits, sheet by sheet; tries again later when the network or the server is away. */
  async send() {
    if (this.#sending) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      await this.#writing;
      while (await this.#sendSome()) await this.#writing;
    } finally {
      this.#sending = false;
    }
  }

  // Networks say that they are there a moment before they are.
  #isBack() {
    this.#failures = 0;
    this.send();
  }

  async #open() {
    try {
      const here = await device;
      this.survivesReload = here.survivesReload;
      this.waiting = [...(await here.taps(this.#rater)), ...this.waiting]; // somebody may have tapped already
    } catch {
      this.survivesReload = false;
    }
    if (this.waiting.length > 0) this.#changed();
  }

  async #write(tap, outdated) {
    const here = await device;
    try {
      tap.sequence = await here.append({ ...tap, log: here.log });
      tap.log = here.log;
      await here.remove(outdated.map((one) => one.sequence));
    } catch {
      // The device is full: what comes now lives on this page only, in a log of its own.
      this.survivesReload = false;
      if (!tap.log) Object.assign(tap, { log: this.#pageLog, sequence: (this.#pageLast += 1) });
    }
    this.isWritten = this.waiting.every((one) => one.sequence);
    this.#changed();
  }

  // Gives whether it is worth going on: something was taken, or put aside.
  async #sendSome() {
    const first = this.waiting.find((tap) => tap.sequence && !tap.isRefused);
    if (!first) return false;
    const { sheet, log } = first;
    const some = this.#of(sheet)
      .filter((tap) => tap.sequence && tap.log === log && !tap.isRefused)
      .slice(0, this.#mostAtOnce);
    for (const tap of some) tap.isOnItsWay = true;
    const outcome = await this.#post(sheet, log, some);
    for (const tap of some) tap.isOnItsWay = false;
    if (outcome.isTaken) await this.#taken(sheet, some, outcome.said);
    else if (outcome.refusal) this.#putAside(some, outcome.refusal);
    else this.#later(outcome);
    return Boolean(outcome.isTaken || outcome.refusal);
  }

  // What is refused as a whole is tried in smaller parts. What is refused by itself stays on the device, is said, and lets
  // the rest pass; the next opening of a page tries it again.
  #putAside(some, refusal) {
    if (some.length > 1) {
      this.#mostAtOnce = Math.ceil(some.length / 2);
      return;
    }
    this.#mostAtOnce = MOST_AT_ONCE;
    this.refusal = refusal;
    for (const tap of some) tap.isRefused = true;
    this.#changed();
  }

  async #post(sheet, log, some) {
    const taps = some.map(({ sequence, field, value, seen, at }) => ({ sequence, field, value, seen, at }));
    let answer, said;
    try {
      answer = await api(`/api/sheets/${sheet}/taps/`, { method: "POST", body: { log, taps } });
      said = await answer.json();
    } catch {
      return {};
    }
    if (answer.status === 401) return { isVisitOver: true };
    // A success that does not speak of our taps is not our server's: a log-in page of the network, say.
    if (answer.ok) return { isTaken: Array.isArray(said.taken), said };
    const isForLater = answer.status >= 500 || answer.status === 429 || answer.status === 408;
    return { refusal: isForLater ? "" : (said.detail ?? String(answer.status)) };
  }

  async #taken(sheet, some, said) {
    this.waiting = this.waiting.filter((tap) => !some.includes(tap));
    this.#failures = 0;
    this.hasFailed = this.isVisitOver = false;
    if (!this.waiting.some((tap) => tap.isRefused)) this.refusal = "";
    // What others changed is known once it is on the screen, and not before.
    if (!said.sheet) this.learn(sheet, said.revision);
    try {
      await (await device).remove(some.map((tap) => tap.sequence));
    } catch {
      // What stays on the device is sent once more and kept once.
    }
    const told = said.taken.map((one) => ({ ...one, ...some.find((tap) => tap.sequence === one.sequence) }));
    this.dispatchEvent(new CustomEvent("taken", { detail: { sheet, taken: told, state: said.sheet } }));
    this.#changed();
  }

  #later({ isVisitOver = false }) {
    this.hasFailed = true;
    this.isVisitOver = isVisitOver;
    const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.send(), pause);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    document.dispatchEvent(new CustomEvent("bellringer:unsaved", { detail: isUnsaved() }));
  }
}
