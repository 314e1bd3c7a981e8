// Ending the visit: the server has forgotten the token; here the frame's copy goes too.

import { forget } from "./launch.js";
import { forgetKept } from "./offline.js";
import { isUnsaved } from "./tap-log.js";

export const selector = "[data-visit-ended]";

export function attach() {
  forget();
  forgetKept();
}

document.addEventListener("click", (event) => {
  const dialog = event.target.closest('[data-opens="end-visit"]') && document.getElementById("end-visit");
  if (dialog) dialog.querySelector("[data-if-unsaved]").hidden = !isUnsaved();
});
