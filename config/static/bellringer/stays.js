// What somebody was at in a part that is put in anew by itself: how far a table was scrolled, what was typed.
// <… data-stays id="…"> inside the part.

let kept = [];

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  kept = [...(target?.querySelectorAll?.("[data-stays]") ?? [])].map(({ id, scrollLeft, value }) => ({ id, scrollLeft, value }));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const { id, scrollLeft, value } of kept) {
    const place = document.getElementById(id);
    if (!place) continue;
    place.scrollLeft = scrollLeft;
    if (value !== undefined) place.value = value;
  }
  kept = [];
});
