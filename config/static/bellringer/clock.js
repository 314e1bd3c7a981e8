// The clock of a session, by the server's time: <… data-clock="address" data-circuit="key"> shows the phase and what is left of it.
// Without the network it goes on by itself; a device whose own clock is wrong shows the same as all others.

import { announce, api, storage } from "./launch.js";

export const selector = "[data-clock]";

const ASK_EVERY = 10_000;
const LONGEST_PAUSE = 60_000;
const TICK = 250;
// What was announced is no news any more after that; while the clock stands it is.
const NEWS_LAST = 15 * 60_000;

export function attach(place) {
  const said = place.dataset;
  const address = said.clock;
  const host = place.closest("[data-phase-host]") ?? place;
  const kept = `bellringer.clock.${address}`;
  const words = place.querySelector("[data-clock-phase]");
  const left = place.querySelector("[data-clock-left]");
  const round = place.querySelector("[data-clock-round]");
  const next = host.querySelector("[data-clock-next]");
  const note = place.querySelector("[data-clock-note]");
  const news = host.querySelector("[data-clock-news]");
  const gone = new AbortController();
  let known = read();
  let failures = 0;
  let phase;
  let asking;

  const ticking = setInterval(show, TICK);
  document.addEventListener("htmx:beforeCleanupElement", ({ detail }) => detail.elt.contains(place) && leave(), { signal: gone.signal });
  document.addEventListener("visibilitychange", () => document.hidden || ask(), { signal: gone.signal });
  show();
  ask();

  function leave() {
    clearInterval(ticking);
    clearTimeout(asking);
    gone.abort();
  }

  // What is known survives a reload: it says how far this device's clock is from the server's.
  function read() {
    try {
      return JSON.parse(storage.get(kept) ?? "null");
    } catch {
      return null;
    }
  }

  async function ask() {
    clearTimeout(asking);
    try {
      const sent = Date.now();
      const answer = await api(`${address}?revision=${known?.revision ?? ""}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      // The answer was written about half-way between asking and hearing.
      const offset = told.now - (sent + Date.now()) / 2;
      if (gone.signal.aborted) return;
      const before = new Set((known?.announcements ?? []).map(({ key }) => key));
      const isFirst = known === null;
      known = told.circuits ? { ...told, offset } : { ...known, offset };
      storage.set(kept, JSON.stringify(known));
      failures = 0;
      showNews(isFirst ? [] : known.announcements.filter(({ key }) => !before.has(key)));
    } catch {
      failures += 1;
    }
    show();
    if (!gone.signal.aborted) asking = setTimeout(ask, Math.min(LONGEST_PAUSE, ASK_EVERY * 2 ** Math.max(0, failures - 1)));
  }

  function show() {
    const circuit = known?.circuits.find(({ key }) => key === said.circuit) ?? known?.circuits[0];
    const state = circuit ? stateOf(circuit, Date.now() + known.offset) : { phase: "unknown" };
    put(words, said[`said${capital(state.phase)}`] ?? "");
    put(left, state.left === undefined ? "" : clockface(state.left));
    put(round, state.beat ? said.saidRound.replace("{n}", `${state.beat.rotation}.${state.beat.round}`) : "");
    put(next, state.next ? (said[`said${capital(state.next.phase)}`] ?? "") : "");
    put(note, failures > 1 ? said.saidAlone : "");
    if (host.dataset.phase === state.phase) return;
    host.dataset.phase = state.phase;
    place.dispatchEvent(new CustomEvent("bellringer:phase", { bubbles: true, detail: state }));
    if (phase !== undefined && state.phase !== "unknown") announce(words?.textContent);
    if (state.phase !== "unknown") phase = state.phase;
  }

  function showNews(fresh) {
    const mine = (known.announcements ?? []).filter(({ circuit }) => circuit === null || circuit === said.circuit);
    const stands = known.circuits.find(({ key }) => key === said.circuit)?.paused_at;
    const newest = mine.find(({ at }) => stands || Date.now() + known.offset - at < NEWS_LAST);
    if (news) {
      put(news, newest?.text ?? "");
      news.hidden = !newest;
    }
    const unheard = fresh.filter((one) => mine.includes(one)).reverse();
    for (const one of unheard) {
      announce(one.text);
      place.dispatchEvent(new CustomEvent("bellringer:announced", { bubbles: true, detail: one }));
    }
  }
}

// What a circuit's clock says at a moment of the server's time, in milliseconds.
function stateOf(circuit, now) {
  const { beats } = circuit;
  if (!circuit.is_started) return { phase: "waiting", next: beats[0] };
  const moment = circuit.paused_at ?? now;
  const at = beats.findIndex(({ starts, ends }) => starts <= moment && moment < ends);
  if (at < 0) return { phase: moment < beats.at(-1).ends ? "waiting" : "over" };
  const beat = beats[at];
  return { phase: circuit.paused_at ? "paused" : beat.phase, beat, next: beats[at + 1], left: beat.ends - moment };
}

// Rounded up: 0:00 is when it is over.
function clockface(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const capital = (word) => word.split("-").map((part) => part[0].toUpperCase() + part.slice(1)).join("");

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
