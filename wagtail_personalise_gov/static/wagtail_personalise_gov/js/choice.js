/**
 * The visitor's choice without loading the page again: in the banner, and on the page about it.
 *
 * Every form works without this, and is sent plainly whenever anything is not as expected.
 */
(() => {
  const BANNER = ".personalise-banner";
  const MESSAGE = ".personalise-banner__message";
  const ABOUT = ".personalise-about";

  let pressed; // the button whose answer is awaited; of several, the last
  let queue = Promise.resolve(); // one after the other, so that the last one holds

  document.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    const place = form.closest(`${BANNER}, ${ABOUT}`);
    if (event.defaultPrevented || !place || !button || form.method !== "post") return;
    event.preventDefault();
    if (button.value === "hide") return hide(place, button);
    pressed = button;
    queue = queue.then(() => send(form, button, place, event.timeStamp));
  });

  async function send(form, button, place, since) {
    if (button !== pressed) return; // pressed twice, or the visitor thought again
    const inBanner = place.matches(BANNER);
    const answer = await ask(form, button, inBanner ? "text/vnd.personalise.confirmation+html" : "text/html");
    if (button !== pressed) return;
    pressed = null;
    if (!answer || !(inBanner ? confirm(place, answer, form, since) : renew(place, answer))) sendPlainly(form, button);
  }

  /** The answer, or null. Not by fetch: this parses without a policy for trusted types. */
  function ask(form, button, accept) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.responseType = "document";
      request.timeout = 8000; // milliseconds
      request.setRequestHeader("Accept", accept);
      request.onloadend = () => resolve(request.status === 200 && request.response ? request : null);
      const fields = new URLSearchParams(new FormData(form));
      fields.append(button.name, button.value);
      request.send(fields);
    });
  }

  function sendPlainly(form, button) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: button.name, value: button.value });
    form.append(field);
    form.submit();
    field.remove();
  }

  /** Show the confirmation for the question. False where it is none, or where the browser kept no choice. */
  function confirm(banner, { response, responseURL }, form, since) {
    const confirmation = response.querySelector(MESSAGE);
    if (!confirmation || responseURL !== form.action || !hasChosen(banner)) return false;
    // What moves later than half a second after a press is a surprise: keep the room that the question took.
    if (performance.now() - since > 400) banner.style.minHeight = `${banner.offsetHeight}px`;
    for (const other of document.querySelectorAll(BANNER)) other.hidden = other !== banner;
    for (const message of banner.querySelectorAll(MESSAGE)) message.hidden = true;
    banner.append(confirmation);
    tell(confirmation);
    document.dispatchEvent(new Event("personalise-choice")); // for fragments.js
    return true;
  }

  /** Show the page about it as it is now. */
  function renew(about, { response, responseURL }) {
    const now = response.querySelector(ABOUT);
    if (!now || new URL(responseURL).pathname !== location.pathname) return false;
    about.replaceWith(now);
    document.title = response.title;
    const notice = now.querySelector(".personalise-notice");
    if (notice) tell(notice);
    else focus(now.querySelector("h1") || now);
    return true;
  }

  function tell(message) {
    message.setAttribute("role", "alert");
    focus(message);
  }

  function focus(element, options) {
    if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) {
      element.tabIndex = -1;
      element.addEventListener("blur", () => element.removeAttribute("tabindex"), { once: true });
    }
    element.focus(options);
  }

  /** By keyboard the focus goes to what stood behind the banner, else to the content of the page. */
  function hide(banner, button) {
    const next = button.matches(":focus-visible") ? `${BANNER} ~ :not(script, [hidden])` : "main, h1";
    const element = document.querySelector(next) || document.body;
    banner.remove();
    focus(element, { preventScroll: true });
  }

  const hasChosen = ({ dataset }) => document.cookie.includes(`${dataset.personaliseCookie}=`);

  // Back from another page, where the visitor may have chosen.
  addEventListener("pageshow", ({ persisted }) => {
    for (const banner of document.querySelectorAll(BANNER)) banner.hidden ||= persisted && hasChosen(banner);
  });
})();
