/**
 * The rules of a segment: one menu in front of one InlinePanel for each rule type.
 *
 * A type is shown while it has a rule or an error. The heading of a card is the sentence of its rule, which comes with
 * the page, with every autosave, and while the editor types (see live-words.js).
 */
(() => {
  const { Controller } = window.StimulusModule;

  class RulesController extends Controller {
    static targets = ["type", "card", "empty", "sentences"];

    static values = { changed: String };

    connect() {
      this.refresh();
    }

    /** What each card says. */
    sentencesTargetConnected({ dataset }) {
      this.sentences = JSON.parse(dataset.sentences);
      this.cardTargets.forEach((card) => this.cardTargetConnected(card));
    }

    cardTargetConnected(card) {
      const sentence = this.sentences?.[card.dataset.prefix];
      if (sentence) this.headingOf(card)?.replaceChildren(sentence);
    }

    add({ detail: { prefix } }) {
      const type = this.typeTargets.find((element) => element.dataset.prefix === prefix);
      // Shown first: InlinePanel moves the focus to the new card, and what is hidden can't take it.
      type.hidden = false;
      document.getElementById(`id_${prefix}-ADD`).click();
      this.refresh();
    }

    /** The button that deletes goes with its card, and the focus must not get lost with it. */
    removed() {
      this.refresh();
      this.toggle.focus();
    }

    /** Escape closes the menu, which would take the focus away with it. */
    leaveMenu({ target }) {
      const menu = target.closest("[data-w-dropdown-target='content']");
      if (menu && this.element.contains(menu)) this.toggle.focus();
    }

    get toggle() {
      return this.element.querySelector(".personalise-rules__add [data-w-dropdown-target='toggle']");
    }

    /** Until the new sentence is here, and where there is none, the heading says that the old one is. */
    changed({ target }) {
      const card = target.closest("[data-personalise-rules-target~='card']");
      if (!card || !this.sentences?.[card.dataset.prefix]) return;
      const { name } = card.closest("[data-personalise-rules-target~='type']").dataset;
      this.headingOf(card)?.replaceChildren(this.changedValue.replace("%s", name));
    }

    refresh() {
      let rules = 0;
      this.typeTargets.forEach((type) => {
        const forms = `#id_${type.dataset.prefix}-FORMS > [data-inline-panel-child]:not(.deleted)`;
        const own = type.querySelectorAll(forms).length;
        type.hidden = own === 0 && !type.querySelector(":scope > .error-message");
        rules += own;
      });
      if (this.hasEmptyTarget) this.emptyTarget.hidden = rules > 0;
    }

    headingOf(card) {
      return card.closest("[data-inline-panel-child]")?.querySelector("[data-panel-heading-text]");
    }
  }

  window.wagtail.app.register("personalise-rules", RulesController);
})();
