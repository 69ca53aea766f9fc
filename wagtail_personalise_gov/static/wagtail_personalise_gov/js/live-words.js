/**
 * What the form of a segment says, while it is being filled in: asked of the server, which saves nothing for it.
 *
 * Only the summary is replaced, so the focus and the caret stay. Where it fails the page is as it was: the next save
 * brings the words.
 */
(() => {
  const { Controller } = window.StimulusModule;

  const PAUSE = 400; // milliseconds without a change, before it is asked
  const SILENCE = 1500; // milliseconds without a change, before it is said to those who hear the page
  const FORM_EVENTS = ["input", "change", "w-formset:added", "w-formset:removed"];

  class LiveWordsController extends Controller {
    static targets = ["words", "status"];

    connect() {
      this.form = this.element.closest("form");
      this.changed = this.changed.bind(this);
      // All or any, and the name, stand outside of this element.
      FORM_EVENTS.forEach((name) => this.form?.addEventListener(name, this.changed));
    }

    disconnect() {
      FORM_EVENTS.forEach((name) => this.form?.removeEventListener(name, this.changed));
      clearTimeout(this.waiting);
      clearTimeout(this.silence);
      this.asking?.abort();
    }

    changed({ target }) {
      if (!this.element.contains(target) && target.name !== "match") return;
      this.card = target.closest("[data-personalise-rules-target~='card']")?.dataset.prefix;
      clearTimeout(this.waiting);
      clearTimeout(this.silence);
      this.asking?.abort(); // its answer would be of before
      this.waiting = setTimeout(() => this.ask(), PAUSE);
    }

    async ask() {
      const asking = new AbortController();
      this.asking = asking;
      const { url } = this.wordsTarget.querySelector("[data-url]").dataset;
      try {
        const answer = await fetch(url, {
          method: "POST",
          body: new FormData(this.form),
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal: asking.signal,
        });
        if (!answer.ok || answer.redirected) return;
        const html = await answer.text();
        if (asking.signal.aborted) return;
        const before = this.said;
        this.wordsTarget.innerHTML = html;
        const news = this.said.filter((words, position) => words && words !== before[position]);
        if (news.length) this.silence = setTimeout(() => this.say(news.join(" ")), SILENCE);
      } catch {
        // The connection is gone, or there was another change.
      }
    }

    /** What the card says that was changed last, and the whole in few words. */
    get said() {
      const { sentences, said } = this.wordsTarget.querySelector("[data-said]").dataset;
      const sentence = JSON.parse(sentences)[this.card];
      return [sentence && `${sentence}.`, said];
    }

    say(words) {
      this.statusTarget.textContent = words;
    }
  }

  window.wagtail.app.register("personalise-live-words", LiveWordsController);
})();
