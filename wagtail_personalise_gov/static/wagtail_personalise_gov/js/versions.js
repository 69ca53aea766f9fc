/**
 * The versions of a personalised block: each is headed by its place in the order and by whom it is for.
 *
 * What the segments say, and what to warn of, comes from the server: one request for all blocks of the page that
 * changed. Without an answer, the form is the one that Wagtail makes.
 */
(() => {
  const { Controller } = window.StimulusModule;

  const MILLISECONDS_QUIET = 400; // after the last change, before the server is asked
  const MOST_VERSIONS = 1000; // that the server answers in one request
  const MOST_CHOSEN = 1500; // segments of these together

  /** The controllers whose versions changed since they were last asked about. */
  const changed = new Set();
  let timer = null;

  const config = () => window.WAGTAIL_CONFIG || JSON.parse(document.getElementById("wagtail-config").textContent);

  function askSoon(controller) {
    changed.add(controller);
    clearTimeout(timer);
    timer = setTimeout(askAll, MILLISECONDS_QUIET);
  }

  function askAll() {
    const waiting = new Map();
    [...changed].forEach((controller) => {
      changed.delete(controller);
      if (controller.element.isConnected) {
        const { urlValue } = controller;
        if (!waiting.has(urlValue)) waiting.set(urlValue, []);
        waiting.get(urlValue).push({ controller, versions: controller.versions.map(({ keys }) => keys) });
      }
    });
    waiting.forEach((asked, url) => {
      let lot = [];
      let size = 0;
      let chosen = 0;
      asked.forEach((one) => {
        const keys = one.versions.reduce((total, version) => total + version.length, 0);
        if (lot.length && (size + one.versions.length > MOST_VERSIONS || chosen + keys > MOST_CHOSEN)) {
          ask(url, lot);
          lot = [];
          size = 0;
          chosen = 0;
        }
        lot.push(one);
        size += one.versions.length;
        chosen += keys;
      });
      if (lot.length) ask(url, lot);
    });
  }

  async function ask(url, asked) {
    const { CSRF_HEADER_NAME, CSRF_TOKEN } = config();
    let said = [];
    try {
      const response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", [CSRF_HEADER_NAME]: CSRF_TOKEN },
        body: JSON.stringify({ blocks: asked.map(({ versions }) => versions) }),
      });
      if (response.ok) said = (await response.json()).blocks;
    } catch {
      said = []; // no network, or the session is over: nothing is said rather than something old
    }
    asked.forEach(({ controller, versions }, index) => controller.hear(versions, said[index]));
  }

  class VersionsController extends Controller {
    static targets = ["version"];

    static values = {
      url: String,
      title: String,
      audience: String,
      or: String,
      nobody: String,
      moved: String,
      nothing: String,
      warning: String,
    };

    connect() {
      this.read = this.read.bind(this);
      this.moving = this.moving.bind(this);
      this.nameAll = this.nameAll.bind(this);
      // Wagtail tells nobody that a child was moved or deleted, or a segment chosen; but all of it shows in the page.
      this.observer = new MutationObserver(() => this.readSoon());
      this.observer.observe(this.element, { childList: true, subtree: true, attributeFilter: ["value"] });
      // Its buttons keep their clicks to themselves, so we must be told before them.
      this.element.addEventListener("click", this.moving, true);
      this.element.addEventListener("wagtail:panel-toggle", this.nameAll);
      this.element.addEventListener("change", this.read);
      this.read();
    }

    disconnect() {
      this.observer.disconnect();
      this.element.removeEventListener("click", this.moving, true);
      this.element.removeEventListener("wagtail:panel-toggle", this.nameAll);
      this.element.removeEventListener("change", this.read);
      changed.delete(this);
    }

    readSoon() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        if (this.element.isConnected) this.read();
      });
    }

    /** Look at what the form holds, and ask about it where it changed. */
    read() {
      this.versions = this.versionTargets.map((element) => this.versionIn(element)).filter(Boolean);
      this.nameAll();
      this.sayWhetherNothing();
      const state = JSON.stringify(this.versions.map(({ keys }) => keys));
      if (state === this.state) return;
      this.state = state;
      if (this.versions.length) askSoon(this);
    }

    /** A version in the form; null for one that was deleted. */
    versionIn(element) {
      const child = element.closest("[data-streamfield-child]");
      if (isDeleted(child)) return null;
      const segments = partOf(element, "segments");
      const chosen = [...(segments?.querySelectorAll("[data-streamfield-child]") ?? [])]
        .filter((item) => !isDeleted(item))
        .map((item) => ({
          key: Number.parseInt(item.querySelector(`[name="${prefixOf(item)}-value"]`)?.value, 10),
          name: item.querySelector("[data-chooser-title]")?.textContent.trim(),
        }))
        .filter(({ key }) => key);
      return {
        element,
        child,
        segments,
        keys: chosen.map(({ key }) => key),
        audience: this.audienceOf(chosen.map(({ name }) => name)),
      };
    }

    audienceOf(names) {
      if (!names.length) return this.nobodyValue;
      const last = names.length > 1 ? ` ${this.orValue} ${names.at(-1)}` : names[0];
      return this.audienceValue.replace("%s", () => names.slice(0, -1).join(", ") + last);
    }

    nameAll() {
      this.versions?.forEach(({ element, child, audience }, index) => {
        const heading = child.querySelector(":scope > section [data-panel-heading]");
        const title = this.titleValue.replace("%(number)s", index + 1).replace("%(audience)s", () => audience);
        write(heading?.querySelector(".c-sf-block__type"), title);
        // What Wagtail adds to the heading of a closed panel would be the same names again. A warning is inside it.
        const extra = heading?.querySelector("[data-panel-heading-text]");
        write(extra, element.personaliseSerious ? this.warningValue : "");
        extra?.classList.toggle("personalise-version__flag", Boolean(element.personaliseSerious));
      });
    }

    /** The server's answer about versions as they were when it was asked; none where it could not tell. */
    hear(versions, said) {
      if (!this.element.isConnected || JSON.stringify(versions) !== this.state) return;
      this.versions.forEach(({ element, segments }, index) => {
        const { html = "", serious = false } = said?.[index] ?? {};
        const area = areaIn(element, "said", segments);
        if (area.personaliseSaid !== html) {
          area.innerHTML = html;
          area.personaliseSaid = html;
        }
        area.hidden = !html;
        element.personaliseSerious = serious;
        // Only what changes is read out, not the whole page when it opens.
        if (html) requestAnimationFrame(() => area.setAttribute("role", "status"));
      });
      this.nameAll();
    }

    /** Say at the standard version that nobody sees it, where that is ticked. */
    sayWhetherNothing() {
      const standard = partOf(this.element, "default");
      const tick = partOf(this.element, "nothing_for_others")?.querySelector("[type='checkbox']");
      if (!standard || !tick) return;
      const area = areaIn(standard, "nothing");
      area.hidden = !tick.checked;
      write(area, tick.checked ? this.nothingValue : "");
      requestAnimationFrame(() => area.setAttribute("role", "status"));
    }

    /** A button that moves a version takes itself along, and would lose the focus. */
    moving({ target }) {
      const button = target.closest("[data-streamfield-action='MOVE_UP'], [data-streamfield-action='MOVE_DOWN']");
      const child = button?.closest("[data-streamfield-child]");
      if (!child || !this.versions.some((version) => version.child === child)) return;
      setTimeout(() => {
        this.read();
        const other = child.querySelector(
          `[data-streamfield-action='${button.dataset.streamfieldAction === "MOVE_UP" ? "MOVE_DOWN" : "MOVE_UP"}']`,
        );
        (button.disabled ? other : button)?.focus();
        const index = this.versions.findIndex((version) => version.child === child);
        if (index < 0) return;
        const area = areaIn(this.element, "moved");
        area.classList.add("w-sr-only");
        area.setAttribute("role", "status");
        // The area must be there before it says something.
        setTimeout(() => {
          area.textContent = this.movedValue
            .replace("%(number)s", index + 1)
            .replace("%(total)s", this.versions.length)
            .replace("%(audience)s", () => this.versions[index].audience);
        }, 100);
      });
    }
  }

  const prefixOf = (child) => child.querySelector(":scope > input[name$='-deleted']")?.name.slice(0, -"-deleted".length);

  const isDeleted = (child) => child.querySelector(":scope > input[name$='-deleted']")?.value === "1";

  /** A part of a block, by name: not one of the same name in the block's content. */
  function partOf(element, name) {
    const owner = element.closest("[data-contentpath]");
    return [...element.querySelectorAll(`[data-contentpath="${name}"]`)].find(
      (part) => part.parentElement.closest("[data-contentpath]") === owner,
    );
  }

  /** The place in an element where we write, made when it is first needed: below a part of it, or at its beginning. */
  function areaIn(element, name, after = null) {
    let area = [...element.querySelectorAll(`[data-personalise-area="${name}"]`)].find(
      (found) => found.personaliseOf === element,
    );
    if (!area) {
      area = document.createElement("div");
      area.className = `personalise-version__${name}`;
      area.dataset.personaliseArea = name;
      area.personaliseOf = element;
      if (after) after.after(area);
      else element.prepend(area);
    }
    return area;
  }

  function write(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  window.wagtail.app.register("personalise-versions", VersionsController);
})();
