// Being at home in the LMS's page: as tall as what we show, at the top after a page change, in its contrast and colours, and not
// closed unawares while something is unsaved. Where the LMS understands none of it, our own scrolling and warnings are there.

import { ask, greet, supports, tell } from "./platform.js";

const SHORTEST = 320;
const TALLEST = 8000;
const SHORTEST_SHEET = 480;
// What moves less than this is not worth a message.
const STEP = 4;
// A mark is saved within a moment: only what stays unsaved is worth a warning around us.
const UNSAVED_PAUSE = 500;

const root = document.documentElement;
let told = 0;
let visibleHeight = 0;
let waiting;
let hasBegun = false;

// What of the LMS's window is left for us under its own head.
async function lookAround() {
  const size = await ask("lti.fetchWindowSize");
  const left = Number(size?.height) - Math.max(0, Number(size?.offset?.top ?? 0)) - Number(size?.footer ?? 0);
  visibleHeight = Number.isFinite(left) ? left : 0;
}

// The mark sheet keeps its head and foot in view, so it scrolls by itself in a frame that fills the window.
function height() {
  const scrollsItself = document.querySelector("[data-mark-sheet]") !== null;
  const content = Math.ceil(document.body.getBoundingClientRect().height);
  const wanted = scrollsItself ? Math.max(visibleHeight, SHORTEST_SHEET) : content;
  return Math.min(Math.max(wanted, SHORTEST), TALLEST);
}

function fit() {
  const wanted = height();
  if (Math.abs(wanted - told) < STEP) return;
  told = wanted;
  tell("lti.frameResize", { height: wanted });
}

function setContrast(more) {
  if (more) root.dataset.contrast = "more";
}

// A policy without inline styles lets scripts set colours; where they count, the style sheet says.
function setColours() {
  for (const { name, value } of document.getElementById("page")?.attributes ?? []) {
    if (name.startsWith("data-brand-")) root.style.setProperty(`--${name.slice("data-".length)}`, value);
  }
}

async function begin() {
  if (hasBegun || !(await greet()) || hasBegun) return;
  hasBegun = true;
  if (supports("lti.fetchWindowSize")) await lookAround();
  if (supports("lti.frameResize")) {
    root.dataset.fitted = "";
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(document.body);
  }
  if (supports("lti.getPageSettings")) setContrast((await ask("lti.getPageSettings"))?.pageSettings?.use_high_contrast === true);
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "page") return;
  setContrast(document.getElementById("page")?.dataset.contrast === "more");
  setColours();
  tell("lti.scrollToTop");
  begin(); // after a reload only the page itself says which LMS is around us
});

document.addEventListener("bellringer:unsaved", (event) => {
  clearTimeout(waiting);
  if (event.detail) {
    waiting = setTimeout(() => tell("lti.setUnloadMessage", { message: document.body.dataset.unsaved }), UNSAVED_PAUSE);
  } else {
    tell("lti.removeUnloadMessage");
  }
});

setColours();
begin();
