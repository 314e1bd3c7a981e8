// <button hx-post=… data-says="…"> says so once the server took it, in [data-said] beside it; else that there is no connection.

import { announce } from "./launch.js";

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { says } = detail.elt.dataset ?? {};
  if (!says) return;
  const words = detail.successful ? says : document.body.dataset.offline;
  const place = detail.elt.closest("details")?.querySelector("[data-said]");
  if (place) place.textContent = words;
  else announce(words);
});
