// Tells the LMS that the registration is done (LTI Dynamic Registration 1.0 §3.6); it closes the frame or the window.
// The message says nothing but that, so it may go to whoever opened us. Where nobody listens, the page stays.

const platform = window.opener ?? window.parent;

function close() {
  if (platform !== window) platform.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}

document.querySelector("[data-close-frame]").addEventListener("click", close);
close();
