// <textarea hx-post=… hx-trigger="…, again" data-waits="…"> says so in its target when nothing answers, and is sent again when
// the network is back.
// <button hx-post=… data-says="…"> says so once the server took it, in [data-said] beside it; else that there is no connection.

import { announce, sayOffline } from "./launch.js";

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { says } = detail.elt.dataset ?? {};
  if (!says) return;
  const words = detail.successful ? says : document.body.dataset.offline;
  const place = detail.elt.closest("details")?.querySelector("[data-said]");
  if (place) place.textContent = words;
  else if (detail.successful) announce(words);
  else sayOffline();
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail: { elt, target } }) => {
    if (!elt?.dataset?.waits) return;
    target.textContent = elt.dataset.waits;
    window.addEventListener("online", () => htmx.trigger(elt, "again"), { once: true });
  });
}
