// [data-keeps-awake]: the screen stays on while this page is seen. Browsers that cannot go by their own settings.

export const selector = "[data-keeps-awake]";

export function attach(place) {
  const gone = new AbortController();
  const stayAwake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", stayAwake, { signal: gone.signal });
  document.addEventListener("htmx:beforeCleanupElement", ({ detail }) => detail.elt.contains(place) && gone.abort(), { signal: gone.signal });
  stayAwake();
}
