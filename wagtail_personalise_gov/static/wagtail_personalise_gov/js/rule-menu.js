/** The menu "Add a rule": found by a few letters, gone through with the arrow keys. */
(() => {
  const { Controller } = window.StimulusModule;

  class RuleMenuController extends Controller {
    static targets = ["menu", "filter", "found", "group", "option"];

    static values = { none: String, one: String, many: String };

    /** Whoever opens the menu may type at once. */
    open({ target }) {
      if (target.contains(this.filterTarget)) this.filterTarget.focus();
    }

    /** A click in the filter, and what is typed there, is nobody else's business. */
    stay() {}

    find() {
      const words = this.filterTarget.value.toLowerCase().split(/\s+/).filter(Boolean);
      this.optionTargets.forEach((option) => {
        const text = `${option.textContent} ${option.dataset.words}`.toLowerCase();
        option.hidden = !words.every((word) => text.includes(word));
      });
      this.groupTargets.forEach((group) => {
        group.hidden = !group.querySelector("button:not([hidden])");
      });
      const found = this.shown.length;
      const sentence = { 0: this.noneValue, 1: this.oneValue }[found] ?? this.manyValue.replace("%s", found);
      this.foundTarget.textContent = words.length ? sentence : "";
    }

    get shown() {
      return this.optionTargets.filter((option) => !option.hidden);
    }

    key(event) {
      const inFilter = event.target === this.filterTarget;
      const here = this.shown.indexOf(event.target);
      const last = this.shown.length - 1;
      const goal = {
        ArrowDown: here < last ? here + 1 : 0,
        ArrowUp: here > 0 ? here - 1 : -1,
        // In the filter these move the caret, as anywhere.
        Home: inFilter ? undefined : 0,
        End: inFilter ? undefined : last,
        Enter: inFilter ? 0 : undefined,
      }[event.key];
      if (goal === undefined) return;
      event.preventDefault();
      // Up from the first is the filter again.
      (this.shown[goal] ?? this.filterTarget).focus();
    }

    choose({ currentTarget: { dataset } }) {
      this.dispatch("chosen", { detail: { prefix: dataset.prefix } });
      this.filterTarget.value = "";
      this.find();
    }
  }

  window.wagtail.app.register("personalise-rule-menu", RuleMenuController);
})();
