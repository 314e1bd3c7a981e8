// [data-keeps-awake]: the screen stays on while this page is seen. Browsers that cannot go by their own settings.

export const selector = "[data-keeps-awake]";

export function attach(place) {
  const gone = new AbortController();
  let lock;
  document.addEventListener("visibilitychange", stayAwake, { signal: gone.signal });
  document.addEventListener("htmx:beforeCleanupElement", ({ detail }) => detail.elt.contains(place) && leave(), { signal: gone.signal });
  stayAwake();

  async function stayAwake() {
    if (document.hidden) return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      return;
    }
    if (gone.signal.aborted) lock.release();
  }

  function leave() {
    gone.abort();
    lock?.release();
  }
}
