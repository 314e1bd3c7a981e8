// A second press would meet an invitation that the first one has used up.

document.querySelector("[data-submit-once]").addEventListener("submit", (event) => {
  event.target.querySelector("button").disabled = true;
});
