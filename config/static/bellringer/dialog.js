// Native dialogs: <button data-opens="id"> opens one, <button data-closes> inside closes it.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    dialog.showModal();
    if ("fitted" in document.documentElement.dataset) placeBeside(dialog, opener);
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
});

// In a frame as tall as its content the middle may be far out of view; the button that was pressed is not.
function placeBeside(dialog, opener) {
  const lowest = window.innerHeight - dialog.offsetHeight - 16;
  const top = Math.max(16, Math.min(opener.getBoundingClientRect().top - dialog.offsetHeight / 2, lowest));
  Object.assign(dialog.style, { insetBlockStart: `${top}px`, marginBlockStart: "0" });
}
