// Opens the tool in the frame and answers the postMessages that the LMS answers.

import { SUBJECTS, answer as answerForStorage } from "./storage.js";

const frame = document.querySelector("[data-tool-origin]");
const toolOrigin = new URL(frame.dataset.toolOrigin).origin;
const { storage } = frame.dataset;
const forwarding = document.querySelector("[data-forwarding]");

function capabilities() {
  const kept = SUBJECTS.map((subject) => ({ subject, frame: forwarding.name }));
  return { supported_messages: [...kept, { subject: "lti.frameResize" }] };
}

function resize({ height }) {
  const pixels = Number(height);
  if (Number.isFinite(pixels) && pixels > 0) frame.style.blockSize = `${Math.min(pixels, 20000)}px`;
}

function hear(event) {
  if (event.origin !== toolOrigin || typeof event.data !== "object" || event.data === null) return;
  const { subject, message_id } = event.data;
  if (subject === "lti.frameResize") return resize(event.data);
  const members =
    subject === "lti.capabilities" ? capabilities() : answerForStorage(event.data, toolOrigin, storage);
  if (members) event.source.postMessage({ subject: `${subject}.response`, message_id, ...members }, event.origin);
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
