// The mark sheet saves itself: each change is written to this tab's storage, then sent. Only a 2xx answer ends the wait.

import { queueOf } from "./save-queue.js";

export const selector = "form[data-mark-sheet]";

const TYPING_PAUSE = 700;

export function attach(form) {
  const gone = new AbortController();
  const { signal } = gone;
  const said = form.dataset;
  const queue = queueOf(said.markSheet, said.rater);
  const state = form.querySelector("[data-save-state]");
  const gap = form.querySelector("[data-first-gap]");
  const fields = new Map([...form.querySelectorAll("[data-criterion]")].map((field) => [field.dataset.url, field]));
  fields.set(said.commentUrl, form.querySelector("[data-overall]"));
  let typing;

  queue.revision = Math.max(queue.revision, Number(said.revision));
  restore();
  form.addEventListener("change", (event) => keep(event.target, 0), { signal });
  form.addEventListener("input", (event) => event.target.matches("textarea") && keep(event.target, TYPING_PAUSE), { signal });
  form.addEventListener("htmx:confirm", submitWhenSaved, { signal });
  gap.addEventListener("click", goToFirstGap, { signal });
  queue.addEventListener("change", show, { signal });
  window.addEventListener("beforeunload", (event) => queue.isIdle || event.preventDefault(), { signal });
  document.addEventListener("htmx:beforeCleanupElement", (event) => event.detail.elt === form && leave(), { signal });
  show();

  function leave() {
    clearTimeout(typing);
    queue.send();
    gone.abort();
  }

  // What waited when the page was left is put back into the form, over what the server knew.
  function restore() {
    for (const [url, { body }] of queue.entries) {
      const field = fields.get(url);
      if (!field) continue;
      if ("comment" in body) {
        const comment = field.querySelector("textarea");
        comment.value = body.comment;
        if (body.comment) comment.closest("details")?.setAttribute("open", "");
      }
      if (!("level" in body)) continue;
      for (const radio of field.querySelectorAll("input[type=radio]")) radio.checked = Number(radio.value) === body.level;
    }
    queue.send();
  }

  // Only what was touched is sent: a tap on a level must not send the comment as this page knew it.
  function keep(control, pause) {
    const field = control.closest("[data-criterion], [data-overall]");
    if (!field) return;
    const body = control.matches("textarea") ? { comment: control.value } : { level: Number(control.value) };
    queue.put(field.dataset.url ?? said.commentUrl, body);
    clearTimeout(typing);
    typing = setTimeout(() => queue.send(), pause);
  }

  function show() {
    const refused = [...queue.entries].filter(([, entry]) => entry.isRefused);
    for (const [url, field] of fields) {
      const entry = queue.entries.get(url);
      const sentence = entry?.isRefused ? entry.reason || said.saidUnknown : "";
      const problem = field.querySelector("[data-problem]");
      if (problem.textContent !== sentence) problem.textContent = sentence;
      field.querySelector("textarea").setAttribute("aria-invalid", String(Boolean(sentence)));
    }
    form.elements.revision.value = queue.revision;
    showSaveState(refused);
    const gaps = unanswered().length;
    gap.textContent = gaps ? `${say("unanswered", { n: gaps })} →` : said.saidComplete;
    gap.setAttribute("aria-disabled", String(gaps === 0));
  }

  function showSaveState(refused) {
    const n = queue.entries.size;
    const [visitOver, kept] = queue.survivesReload ? ["visitOver", "kept"] : ["visitOverOpen", "keptOpen"];
    const [name, words] = queue.isVisitOver
      ? ["refused", say("refused", { reason: say(visitOver, { n }) })]
      : refused.length
        ? ["refused", say("refused", { reason: refused[0][1].reason || said.saidUnknown })]
        : queue.isIdle
          ? ["saved", said.saidSaved]
          : queue.hasFailed
            ? ["kept", say(kept, { n })]
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
    return [...form.querySelectorAll("[data-criterion]")].filter((field) => !field.querySelector("input:checked"));
  }

  function goToFirstGap() {
    const first = unanswered()[0];
    first?.scrollIntoView({ block: "center" });
    first?.querySelector("input").focus({ preventScroll: true });
  }

  async function submitWhenSaved(event) {
    if (event.target !== form || queue.isIdle) return;
    event.preventDefault();
    clearTimeout(typing);
    state.textContent = said.saidSubmitting;
    if (await queue.emptied()) {
      if (signal.aborted) return;
      form.elements.revision.value = queue.revision;
      event.detail.issueRequest(true);
    } else {
      show();
      const first = [...fields].find(([url]) => queue.entries.get(url)?.isRefused);
      first?.[1].querySelector("textarea").focus();
    }
  }
}
