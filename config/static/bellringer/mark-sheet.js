// The mark sheet: one tap marks, a second one takes it back. There is no save button, and marking never waits for the network.

import { announce, openWithoutNetwork, remembersPerson } from "./launch.js";
import { keep, keepState, keptState } from "./offline.js";
import { present } from "./presence.js";
import { logOf } from "./tap-log.js";

export const selector = "form[data-mark-sheet]";

const TYPING_PAUSE = 400;
const QUIET = 2_000;

export function attach(form) {
  const gone = new AbortController();
  const { signal } = gone;
  const said = form.dataset;
  const sheet = said.markSheet;
  const path = new URL(said.path, location.href).pathname;
  const log = logOf(said.rater);
  const state = form.querySelector("[data-save-state]");
  const gap = form.querySelector("[data-first-gap]");
  const handedIn = form.querySelector("[data-handed-in]");
  const problems = new Map();
  const typing = new Map();
  const chosen = new Map(); // what was chosen in a group before the tap that is being made
  let touchedAt = 0;
  let turning;
  let isSubmitting = false;
  let movesOn = false; // to the next sheet, once it is known whether the network takes this one

  log.learn(sheet, Number(said.revision));
  const presence = present(log, { sheet, heard: follow });
  for (const group of groups()) remember(group);
  form.addEventListener("click", onClick, { signal });
  form.addEventListener("change", onChange, { signal });
  form.addEventListener("input", onInput, { signal });
  form.addEventListener("focusout", flush, { signal });
  form.addEventListener("submit", onSubmit, { signal, capture: true });
  form.addEventListener("pointerdown", () => (touchedAt = Date.now()), { signal, capture: true });
  form.addEventListener("keydown", onKey, { signal, capture: true });
  form.addEventListener("bellringer:phase", ({ detail }) => onPhase(detail.phase), { signal });
  form.querySelector("[data-go-on]").addEventListener("click", goOn, { signal });
  gap.addEventListener("click", goToFirstGap, { signal });
  log.addEventListener("change", show, { signal });
  log.addEventListener("taken", ({ detail }) => detail.sheet === sheet && onTaken(detail), { signal });
  window.addEventListener("pagehide", flush, { signal });
  window.addEventListener("beforeunload", onLeaving, { signal });
  document.addEventListener("visibilitychange", onVisibility, { signal });
  document.addEventListener("htmx:beforeCleanupElement", (event) => event.detail.elt === form && leave(), { signal });
  remembersPerson(said.rater);
  keep(path, said.rater);
  restore();

  function onLeaving(event) {
    flush();
    if (!log.isIdle && !log.survivesReload) event.preventDefault();
  }

  function leave() {
    flush();
    presence.leave();
    clearTimeout(turning);
    gone.abort();
  }

  // In the change-over the global rating and the feedback are what is left to do: where they are not beside the items they
  // come into view, once nobody has touched the page for a moment. Nothing moves under a finger.
  function onPhase(phase) {
    clearTimeout(turning);
    const side = form.querySelector(".sheet-side");
    const isBeside = side.offsetTop <= form.querySelector(".sheet-criteria").offsetTop + 1;
    if (phase !== "change-over" || isBeside) return;
    const left = touchedAt + QUIET - Date.now();
    if (left > 0 || typing.size > 0) turning = setTimeout(() => onPhase(phase), Math.max(left, TYPING_PAUSE));
    else side.scrollIntoView({ block: "start" });
  }

  // --- what is on the screen -------------------------------------------------------------------

  function groups() {
    return [...form.querySelectorAll("[data-criterion]")];
  }

  function fieldOf(control) {
    const about = control.closest("[data-criterion]")?.dataset.criterion;
    if (control.matches("input[type=radio]")) return `level:${about}`;
    return control.dataset.field ?? `comment:${about}`;
  }

  function controlsOf(field) {
    const [name, about] = field.split(":");
    if (name === "level") return [...form.querySelectorAll(`[data-criterion="${about}"] input[type=radio]`)];
    if (name === "comment") return [...form.querySelectorAll(`[data-criterion="${about}"] textarea`)];
    return [...form.querySelectorAll(`[data-field="${field}"]`)];
  }

  const valueOf = (radio) => (radio.value === "na" ? "na" : Number(radio.value));

  function remember(group) {
    const radio = group.querySelector("input[type=radio]:checked");
    chosen.set(group, radio?.value ?? null);
  }

  // Put a value on the screen, without telling anybody.
  function put(field, value) {
    const controls = controlsOf(field);
    if (controls.length === 0) return;
    if (field.startsWith("level:")) {
      for (const radio of controls) radio.checked = value !== null && radio.value === String(value);
      remember(controls[0].closest("[data-criterion]"));
    } else if (controls[0].matches("input[type=checkbox]")) {
      controls[0].checked = value;
    } else if (controls[0].value !== value && controls[0] !== document.activeElement) {
      controls[0].value = value;
      if (value) controls[0].closest("details")?.setAttribute("open", "");
    }
  }

  // What waited when the page was left is put back, over what the server knew.
  async function restore() {
    const known = await keptState(path, said.rater);
    if (known && known.revision > Number(said.revision)) showState(known);
    for (const { field, value } of await log.waitingFor(sheet)) {
      if (field === "submit") isSubmitting = true;
      else put(field, value);
    }
    if (signal.aborted) return;
    show();
    log.send();
  }

  // --- taps ------------------------------------------------------------------------------------

  // Enter on an answer would hand the sheet in.
  function onKey(event) {
    touchedAt = Date.now();
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  }

  // A tap on what is chosen already takes it back: radios by themselves never do.
  function onClick(event) {
    const radio = event.target;
    if (!radio.matches?.("input[type=radio]")) return;
    const group = radio.closest("[data-criterion]");
    if (chosen.get(group) !== radio.value) return;
    radio.checked = false;
    remember(group);
    tell(fieldOf(radio), null);
  }

  function onChange({ target }) {
    if (target.matches("input[type=radio]")) {
      remember(target.closest("[data-criterion]"));
      tell(fieldOf(target), valueOf(target));
    } else if (target.matches("input[type=checkbox]")) {
      tell(fieldOf(target), target.checked);
    }
  }

  function onInput({ target }) {
    if (!target.matches("textarea")) return;
    openMarks();
    clearTimeout(typing.get(target));
    typing.set(target, setTimeout(() => written(target), TYPING_PAUSE));
    showSaveState();
  }

  function written(area) {
    clearTimeout(typing.get(area));
    typing.delete(area);
    tell(fieldOf(area), area.value);
  }

  function flush() {
    for (const area of [...typing.keys()]) written(area);
  }

  function tell(field, value) {
    problems.delete(field);
    log.put(sheet, field, value); // and so shows
  }

  // --- submitting ------------------------------------------------------------------------------

  async function onSubmit(event) {
    event.preventDefault();
    event.stopImmediatePropagation(); // the sheet goes by the log, never as a form
    flush();
    if (goToMissingComment()) return;
    const missing = unanswered().filter((group) => group.hasAttribute("data-mandatory"));
    showMissing(missing);
    if (missing.length > 0) return;
    isSubmitting = movesOn = true;
    problems.delete("submit");
    log.put(sheet, "submit", null);
    show();
  }

  // Without the network the next sheet opens too, if this device keeps it: what was handed in is sent from there.
  function moveOn() {
    if (!movesOn || !log.hasFailed || !log.isWritten || !log.survivesReload || !isSubmitting) return;
    movesOn = false;
    openWithoutNetwork(said.doneUrl);
  }

  function showMissing(missing) {
    const notice = form.querySelector("[data-missing]");
    notice.hidden = missing.length === 0;
    notice.querySelector("ul").replaceChildren(
      ...missing.map((group) => {
        const item = document.createElement("li");
        const link = Object.assign(document.createElement("a"), { href: `#${group.id}`, textContent: titleOf(group) });
        link.setAttribute("hx-boost", "false");
        item.append(link);
        return item;
      }),
    );
    if (missing.length > 0) notice.focus();
  }

  const titleOf = (group) => group.querySelector("legend").textContent.trim();

  async function goOn() {
    if (!(await log.takeBack(sheet, "submit"))) return;
    isSubmitting = movesOn = false;
    show();
  }

  function onTaken({ taken, state: now }) {
    for (const { field, outcome, reason } of taken) {
      if (outcome === "applied") problems.delete(field);
      else if (outcome !== "superseded") problems.set(field, reason);
    }
    if (taken.some((tap) => tap.field === "submit")) isSubmitting = movesOn = false;
    if (taken.some((tap) => tap.field === "submit" && tap.outcome === "applied")) {
      keepScreen("acceptsCorrections" in said);
      htmx.ajax("GET", said.doneUrl, { target: "#page", select: "#page", swap: "outerHTML show:window:top", push: said.doneUrl });
      return;
    }
    if (now) follow(now);
    else keepScreen();
    show();
  }

  // --- what others did meanwhile -------------------------------------------------------------------

  function onVisibility() {
    flush();
    if (!document.hidden) presence.say();
  }

  function follow(now) {
    // An answer may have been on its way while a tap was: what is older than that stays off the screen.
    if (log.isIdle && typing.size === 0 && now.revision >= log.seen(sheet) && !signal.aborted) showState(now);
    keepScreen(now.is_open);
    show();
  }

  // For a reload without the network: what is on the screen, in the words of the server.
  function keepScreen(isOpen = true) {
    const marks = groups().map((group) => {
      const value = group.querySelector("input[type=radio]:checked")?.value ?? null;
      return {
        criterion: Number(group.dataset.criterion),
        level: value === null || value === "na" ? null : Number(value),
        is_not_applicable: value === "na",
        comment: group.querySelector("textarea").value,
      };
    });
    const statements = [...form.querySelectorAll("input[type=checkbox][data-field]:checked")];
    keepState(path, said.rater, {
      revision: log.seen(sheet),
      is_open: isOpen,
      marks,
      overall_comment: controlsOf("overall")[0].value,
      concern: controlsOf("concern")[0]?.value ?? "", // not on a self-assessment
      statements: statements.map((box) => Number(box.dataset.field.split(":")[1])),
    });
  }

  function showState(now) {
    log.learn(sheet, now.revision);
    const marks = new Map(now.marks.map((mark) => [String(mark.criterion), mark]));
    for (const group of groups()) {
      const mark = marks.get(group.dataset.criterion);
      put(`level:${group.dataset.criterion}`, mark?.is_not_applicable ? "na" : (mark?.level ?? null));
      put(`comment:${group.dataset.criterion}`, mark?.comment ?? "");
    }
    put("overall", now.overall_comment);
    put("concern", now.concern);
    for (const box of form.querySelectorAll("input[type=checkbox][data-field]")) {
      box.checked = now.statements.includes(Number(box.dataset.field.split(":")[1]));
    }
    if (!now.is_open && !problems.has("submit")) problems.set("submit", said.saidSubmittedElsewhere);
  }

  // --- words -----------------------------------------------------------------------------------

  function show() {
    moveOn();
    showProblems();
    showSaveState();
    const gaps = unanswered().length;
    gap.textContent = gaps ? `${say("unanswered", { n: gaps })} →` : said.saidComplete;
    gap.setAttribute("aria-disabled", String(gaps === 0));
    handedIn.hidden = !isSubmitting;
    form.querySelector("[data-submit]").hidden = isSubmitting;
    for (const part of form.querySelectorAll("[data-part]")) part.disabled = isSubmitting;
    openMarks();
  }

  // Where the comment comes first, the levels open with its first words, and stay open once there is one.
  function openMarks() {
    const marks = form.querySelector("[data-after-comment]");
    if (!marks) return;
    const isWritten = controlsOf("overall")[0].value.trim() !== "";
    marks.disabled = isSubmitting || (!isWritten && !marks.querySelector(".segments input:checked"));
    form.querySelector("[data-comment-first]").hidden = isWritten;
  }

  function showProblems() {
    for (const place of form.querySelectorAll("[data-problem]")) {
      const about = place.dataset.problem;
      const sentence = [problems.get(`level:${about}`), problems.get(`comment:${about}`), problems.get(about)]
        .filter(Boolean)
        .join(" ");
      if (place.textContent !== sentence) place.textContent = sentence;
    }
  }

  function showSaveState() {
    const n = log.waiting.length;
    const isKept = log.survivesReload && log.isWritten;
    const refused = [...problems.values()][0];
    const [name, words] = log.isVisitOver
      ? ["refused", say("refused", { reason: say(isKept ? "visitOver" : "visitOverOpen", { n }) })]
      : log.refusal
        ? ["refused", say("refused", { reason: log.refusal })]
        : refused
          ? ["refused", say("refused", { reason: refused })]
          : n === 0 && typing.size === 0
            ? ["saved", said.saidSaved]
            : log.hasFailed && typing.size === 0
              ? ["kept", say(isKept ? "kept" : "keptOpen", { n })]
              : ["saving", said.saidSaving];
    if (state.textContent === words) return;
    state.dataset.state = name;
    state.textContent = words;
  }

  function say(name, values) {
    const sentence = said[`said${name[0].toUpperCase()}${name.slice(1)}`];
    return sentence.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  function unanswered() {
    return groups().filter((group) => !group.querySelector("input:checked"));
  }

  function goToMissingComment() {
    const sentence = form.querySelector("[data-comment-first]:not([hidden])");
    if (!sentence) return false;
    controlsOf("overall")[0].focus();
    announce(sentence.textContent);
    return true;
  }

  function goToFirstGap() {
    if (goToMissingComment()) return;
    const first = unanswered()[0];
    if (!first) return;
    first.scrollIntoView({ block: "center" });
    first.querySelector("input").focus({ preventScroll: true });
    announce(titleOf(first));
  }
}
