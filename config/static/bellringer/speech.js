// <button data-speaks>: from the moment it is pressed, the bells of this page's clocks and what is announced are spoken too.
// Browsers are silent until somebody asked. Clocks that change together are spoken once; one of several is called by its circuit.

export const selector = "[data-speaks]";

const TOGETHER = 800;

export function attach(button) {
  const gone = new AbortController();
  const { signal } = gone;
  const spoken = new Set();
  const changed = new Map(); // what is rung → the circuits where it rings in this moment
  const phases = new WeakMap(); // of each clock, the phase it was in before
  let isOn = false;
  let gathering;

  button.hidden = !("speechSynthesis" in window);
  button.addEventListener("click", toggle, { signal });
  document.addEventListener("bellringer:announced", onAnnounced, { signal });
  document.addEventListener("bellringer:phase", onPhase, { signal });
  document.addEventListener("htmx:beforeCleanupElement", ({ detail }) => detail.elt.contains(button) && leave(), { signal });

  function leave() {
    clearTimeout(gathering);
    if (isOn) speechSynthesis.cancel();
    gone.abort();
  }

  function toggle() {
    isOn = !isOn;
    button.setAttribute("aria-pressed", String(isOn));
    if (isOn) say(button.textContent.trim());
    else speechSynthesis.cancel();
  }

  function onAnnounced({ target, detail: { key, text, circuit } }) {
    if (!isOn || spoken.has(key)) return;
    spoken.add(key);
    say(circuit ? calledBy([titleOf(target)], text) : text);
  }

  // Bells have words of their own; when a pause ends nothing rings, and the phase that goes on is named.
  function onPhase({ target, detail: { phase } }) {
    const shown = target.querySelector("[data-clock-phase]")?.textContent;
    const bell = target.closest("[data-phase-host]")?.getAttribute(`data-bell-${phase}`);
    const words = phases.get(target) === "paused" ? shown : (bell ?? shown);
    phases.set(target, phase);
    if (!isOn || !words) return;
    changed.set(words, [...(changed.get(words) ?? []), titleOf(target)]);
    clearTimeout(gathering);
    gathering = setTimeout(sayChanges, TOGETHER);
  }

  function sayChanges() {
    for (const [words, titles] of changed) say(calledBy(titles, words));
    changed.clear();
  }

  const titleOf = (clock) => clock.closest("[aria-label]")?.getAttribute("aria-label") ?? "";

  function calledBy(titles, words) {
    const isForAll = titles.length === document.querySelectorAll("[data-clock]").length;
    return isForAll ? words : `${titles.join(", ")}: ${words}`;
  }
}

function say(text) {
  const said = new SpeechSynthesisUtterance(text);
  said.lang = document.documentElement.lang;
  speechSynthesis.speak(said);
}
