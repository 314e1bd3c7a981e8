// The frame beside the tool's that Canvas names as the storage target.

import { answer } from "./storage.js";

const { toolOrigin, storage } = document.body.dataset;
const origin = new URL(toolOrigin).origin;

window.addEventListener("message", (event) => {
  if (event.origin !== origin || typeof event.data !== "object" || event.data === null) return;
  const members = answer(event.data, origin, storage);
  const { subject, message_id } = event.data;
  if (members) event.source.postMessage({ subject: `${subject}.response`, message_id, ...members }, origin);
});
