// Goes back to the list of tools when the tool says that its registration is done.

const frame = document.querySelector("iframe");

window.addEventListener("message", (event) => {
  if (event.source === frame.contentWindow && event.data?.subject === "org.imsglobal.lti.close") {
    location.assign(frame.dataset.done);
  }
});
