/**
 * Trying a segment as a visitor, beside its form: what the form holds and what is said of the visitor go to the server,
 * which saves nothing for it, and the answer is shown. Once tried, it is tried again after every change of the form.
 *
 * And on the page for trying: finding a segment among many.
 */
(() => {
  const { Controller } = window.StimulusModule;

  const PAUSE = 700; // milliseconds without a change of the segment's form, before it is tried again
  const FORM_EVENTS = ["input", "change", "w-formset:added", "w-formset:removed"];
  const SCRIPT = { "X-Requested-With": "XMLHttpRequest" };

  class TryController extends Controller {
    static targets = ["form", "fields", "status", "message", "result", "examples"];

    static values = { url: String, fields: String, failed: String };

    connect() {
      this.segment = document.querySelector("form[data-edit-form]");
      this.panel = this.element.closest("[data-side-panel]");
      this.changed = this.changed.bind(this);
      this.open = this.open.bind(this);
      this.panel?.addEventListener("show", this.open);
      FORM_EVENTS.forEach((name) => this.segment?.addEventListener(name, this.changed));
      if (this.panel && !this.panel.hidden) this.open();
    }

    disconnect() {
      this.panel?.removeEventListener("show", this.open);
      FORM_EVENTS.forEach((name) => this.segment?.removeEventListener(name, this.changed));
      clearTimeout(this.waiting);
      this.asking?.abort();
    }

    /** The fields come when the panel is opened first, and what was changed meanwhile is tried when it is again. */
    async open() {
      if (this.fieldsTarget.firstElementChild || (await this.load(""))) await this.try();
    }

    changed() {
      if (this.panel?.hidden || !this.fieldsTarget.firstElementChild) return;
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.try(), PAUSE);
    }

    submit() {
      return this.try({ loud: true });
    }

    /** A preset, or an example: the visitor stands in the link. */
    async fill({ currentTarget }) {
      const { search } = new URL(currentTarget.href, window.location.href);
      if (await this.load(search)) await this.try({ loud: true });
      this.formTarget.querySelector("button[type='submit']").focus();
    }

    /** Whether they came; if not, that is said, and what was said of the visitor stays. */
    async load(search) {
      try {
        const answer = await fetch(`${this.fieldsValue}${search}`, { headers: SCRIPT });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        this.fieldsTarget.innerHTML = await answer.text();
        return true;
      } catch {
        this.say(this.failedValue, { shown: true });
        return false;
      }
    }

    async try({ loud = false } = {}) {
      clearTimeout(this.waiting);
      this.asking?.abort(); // its answer would be of before
      if (!this.segment) return;
      const asking = new AbortController();
      this.asking = asking;
      const body = new FormData(this.segment);
      const visitor = new URLSearchParams(new FormData(this.formTarget));
      visitor.delete("segments");
      body.set("visitor", visitor.toString());
      try {
        const answer = await fetch(this.urlValue, { method: "POST", body, headers: SCRIPT, signal: asking.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        this.show(await answer.json(), loud);
      } catch (error) {
        if (error.name !== "AbortError") this.say(this.failedValue, { shown: true });
      }
    }

    show({ said, fields, result, examples }, loud) {
      if (fields) this.fieldsTarget.innerHTML = fields;
      this.resultTarget.innerHTML = result;
      if (this.hasExamplesTarget) this.examplesTarget.innerHTML = examples;
      if (fields || loud || said !== this.said) this.say(said, { shown: Boolean(fields) });
      else this.messageTarget.hidden = true;
      this.said = said;
      if (fields && loud) this.fieldsTarget.querySelector("[aria-invalid='true']")?.focus();
    }

    /** Keeps or deletes an example; the list is told anew. */
    async keep({ currentTarget, submitter }) {
      const body = new FormData(currentTarget);
      if (submitter?.name) body.set(submitter.name, submitter.value);
      try {
        const answer = await fetch(currentTarget.action, { method: "POST", body, headers: SCRIPT });
        const { said } = await answer.json();
        await this.try();
        this.say(said, { shown: true });
        this.messageTarget.focus();
      } catch {
        this.say(this.failedValue, { shown: true });
      }
    }

    say(words, { shown = false } = {}) {
      this.messageTarget.hidden = !shown;
      this.messageTarget.textContent = shown ? words : "";
      this.statusTarget.textContent = "";
      // The same words twice are said twice only if they were gone in between.
      setTimeout(() => {
        this.statusTarget.textContent = words;
      }, 50);
    }
  }

  class FilterController extends Controller {
    static targets = ["find", "words", "item"];

    connect() {
      this.findTarget.hidden = false;
    }

    /** What is ticked stays in sight, or nobody would know. */
    filter() {
      const words = this.wordsTarget.value.trim().toLowerCase();
      this.itemTargets.forEach((item) => {
        const found = item.textContent.toLowerCase().includes(words);
        item.hidden = !found && !item.querySelector("input").checked;
      });
    }
  }

  window.wagtail.app.register("personalise-try", TryController);
  window.wagtail.app.register("personalise-filter", FilterController);
})();
