/**
 * The banner beside the form of a site's settings: while it is filled in, the server is asked how the banner looks with
 * what the form holds. It saves nothing for it.
 *
 * The frame runs no scripts and sends no forms. It stays the same frame while its words change, so nothing flickers.
 * And for fields with a limit: how much of it is left.
 */
(() => {
  const { Controller } = window.StimulusModule;

  const PAUSE = 400; // milliseconds without a change, before it is asked
  const SILENCE = 1500; // milliseconds without a change, before it is said to those who hear the page
  const FORM_EVENTS = ["input", "change", "w-formset:added", "w-formset:removed"];

  class BannerPreviewController extends Controller {
    static targets = ["language", "state", "screen", "note", "frame", "status"];

    static values = { url: String, failed: String, changed: String };

    connect() {
      this.form = this.element.closest("form");
      this.changed = this.changed.bind(this);
      this.measure = this.measure.bind(this);
      FORM_EVENTS.forEach((name) => this.form?.addEventListener(name, this.changed));
      this.resizing = new ResizeObserver(this.measure);
      this.resizing.observe(this.element);
      this.settle(); // a frame that was loaded before this script says so no more
    }

    disconnect() {
      FORM_EVENTS.forEach((name) => this.form?.removeEventListener(name, this.changed));
      this.resizing.disconnect();
      clearTimeout(this.waiting);
      clearTimeout(this.silence);
      this.asking?.abort();
    }

    changed({ target }) {
      if (!this.element.contains(target)) this.ask(PAUSE);
    }

    choose() {
      this.ask(0);
    }

    ask(pause) {
      clearTimeout(this.waiting);
      clearTimeout(this.silence);
      this.asking?.abort(); // its answer would be of before
      this.waiting = setTimeout(() => this.load(), pause);
    }

    async load() {
      const asking = new AbortController();
      this.asking = asking;
      const body = new FormData(this.form);
      body.set("preview_language", this.hasLanguageTarget ? this.languageTarget.value : "");
      body.set("preview_state", this.stateTarget.value);
      try {
        const answer = await fetch(this.urlValue, {
          method: "POST",
          body,
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal: asking.signal,
        });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        const { document: html, note } = await answer.json();
        if (!asking.signal.aborted) this.show(html, note);
      } catch (error) {
        if (error.name !== "AbortError") this.say(this.failedValue);
      }
    }

    show(html, note) {
      const before = this.inside?.body.textContent;
      const was = this.noteTarget.textContent;
      this.say(note);
      this.frameTarget.hidden = !html;
      if (!html) return;
      if (this.inside?.body.firstElementChild) {
        const { documentElement, body } = new DOMParser().parseFromString(html, "text/html");
        this.inside.documentElement.lang = documentElement.lang;
        this.inside.documentElement.dir = documentElement.dir;
        this.inside.body.replaceChildren(...body.childNodes);
        this.settle();
      } else {
        this.frameTarget.srcdoc = html;
      }
      if (before !== this.inside?.body.textContent || was !== note) {
        this.silence = setTimeout(() => {
          this.statusTarget.textContent = "";
          setTimeout(() => {
            this.statusTarget.textContent = [this.changedValue, note].filter(Boolean).join(" ");
          }, 50);
        }, SILENCE);
      }
    }

    say(note) {
      this.noteTarget.textContent = note;
      this.noteTarget.hidden = !note;
    }

    get inside() {
      return this.frameTarget.contentDocument;
    }

    /** Its controls do nothing, so the Tab key passes them by. They are heard all the same. */
    settle() {
      this.inside?.querySelectorAll("a, button, input, summary").forEach((control) => {
        control.tabIndex = -1;
      });
      this.measure();
    }

    /** As wide as is chosen, and as high as what is in it. */
    measure() {
      const { style } = this.frameTarget;
      style.inlineSize = this.screenTarget.value ? `${this.screenTarget.value}px` : "";
      const body = this.inside?.body;
      if (body) style.blockSize = `${Math.ceil(body.getBoundingClientRect().height)}px`;
    }
  }

  class CountController extends Controller {
    connect() {
      this.field = this.element.matches("input, textarea") ? this.element : this.element.querySelector("[maxlength]");
      if (!this.field || this.field.maxLength < 1) return;
      this.words = document.createElement("p");
      this.words.className = "personalise-count";
      this.words.setAttribute("aria-hidden", "true"); // the help text tells the limit
      this.field.after(this.words);
      this.count = this.count.bind(this);
      this.field.addEventListener("input", this.count);
      this.count();
    }

    disconnect() {
      this.field?.removeEventListener("input", this.count);
      this.words?.remove();
    }

    count() {
      this.words.textContent = `${this.field.value.length} / ${this.field.maxLength}`;
    }
  }

  window.wagtail.app.register("personalise-banner-preview", BannerPreviewController);
  window.wagtail.app.register("personalise-count", CountController);
})();
