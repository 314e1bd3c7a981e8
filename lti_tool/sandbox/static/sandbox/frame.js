// Opens the tool in the frame and answers the postMessages that the LMS answers.

import { SUBJECTS, answer as answerForStorage } from "./storage.js";

const frame = document.querySelector("[data-tool-origin]");
const toolOrigin = new URL(frame.dataset.toolOrigin).origin;
const { storage } = frame.dataset;
const forwarding = document.querySelector("[data-forwarding]");

const spoken = document.querySelector("[data-spoken]");

// What the page does for the tool, as Canvas does (ui/shared/lti/jquery/subjects): each gives the members of its answer,
// or undefined where there is none.
const DEEDS = {
  "lti.capabilities": () => {
    const kept = SUBJECTS.map((subject) => ({ subject, frame: forwarding.name }));
    return { supported_messages: [...kept, ...Object.keys(DEEDS).map((subject) => ({ subject }))] };
  },
  "lti.frameResize": ({ height }) => {
    const pixels = Number(height);
    if (Number.isFinite(pixels) && pixels > 0) {
      Object.assign(frame.style, { blockSize: `${Math.min(pixels, 20000)}px`, minBlockSize: "0", flex: "none" });
    }
  },
  "lti.fetchWindowSize": () => {
    const { top, left } = frame.getBoundingClientRect();
    return { height: window.innerHeight, width: window.innerWidth, footer: 0, offset: { top, left }, scrollY: window.scrollY };
  },
  "lti.getPageSettings": () => ({
    pageSettings: {
      locale: document.documentElement.lang,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      use_high_contrast: "highContrast" in frame.dataset,
      active_brand_config_json_url: "",
      window_width: window.innerWidth,
    },
  }),
  "lti.scrollToTop": () => {
    frame.scrollIntoView({ block: "start" });
    return {};
  },
  "lti.screenReaderAlert": ({ body }) => {
    spoken.textContent = String(body);
    return {};
  },
  "lti.setUnloadMessage": ({ message }) => {
    frame.dataset.unloadMessage = String(message ?? "");
    return {};
  },
  "lti.removeUnloadMessage": () => {
    delete frame.dataset.unloadMessage;
    return {};
  },
};

window.addEventListener("beforeunload", (event) => "unloadMessage" in frame.dataset && event.preventDefault());

function hear(event) {
  if (event.origin !== toolOrigin || typeof event.data !== "object" || event.data === null) return;
  const { subject, message_id } = event.data;
  const members = Object.hasOwn(DEEDS, subject)
    ? DEEDS[subject](event.data)
    : answerForStorage(event.data, toolOrigin, storage);
  if (members) event.source?.postMessage({ subject: `${subject}.response`, message_id, ...members }, event.origin);
}

function open() {
  document.querySelector("[data-launch]").submit();
}

if (storage === undefined) {
  // Moodle answers nothing, so nothing listens there.
  open();
} else {
  // Canvas's editor and its phone apps answer nothing either.
  if (storage !== "silent") window.addEventListener("message", hear);
  forwarding.addEventListener("load", open, { once: true });
  forwarding.src = forwarding.dataset.forwarding;
}
