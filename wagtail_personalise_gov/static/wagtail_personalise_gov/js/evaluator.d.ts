import type { PreferenceSettings } from "./preference.js";

/** True, false, or null: that can't be told. */
export type Answer = boolean | null;

/** What stands in a condition beside its fact. docs/reference/conditions.md says what each operator takes. */
export type Value =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly (string | number | null)[]
  | { readonly lat: number; readonly lng: number; readonly km: number }
  | { readonly [slug: string]: number };

export type Operator =
  | "in"
  | "equals"
  | "at_least"
  | "at_most"
  | "between"
  | "weekday"
  | "contains_any"
  | "matches"
  | "within"
  | "in_network"
  | "language"
  | "at_least_in";

/** A question about what is known of a visit, as JSON. */
export type Condition =
  | { readonly fact: string; readonly op: Operator; readonly value: Value }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly segment: string };

/** A list of which only a part is told. Of what is in neither it is known to be absent; null: of nothing absent. */
export interface Partly<Item extends string | number> {
  readonly told: readonly Item[];
  readonly untold: readonly Item[] | null;
}

/** What is known of one fact. A moment is text with its offset from UTC, such as "2026-04-18T09:00:00+01:00". */
export type FactValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | Partly<string>
  | Partly<number>
  | readonly [latitude: number, longitude: number, accuracyKm: number | null]
  | { readonly [key: string]: string }
  | { readonly [slug: string]: number };

/** What is known of a visit, by the names of docs/reference/facts.md. What is absent, or null, is unknown. */
export interface Facts {
  readonly [name: string]: FactValue | null | undefined;
}

/** What a ruleset says of each fact that it asks. Here only the kind counts, which tells a moment from other texts. */
export interface DescribedFacts {
  readonly [name: string]: {
    readonly kind:
      | "bool"
      | "int"
      | "text"
      | "texts"
      | "weights"
      | "point"
      | "moment"
      | "address"
      | "mapping"
      | "pages";
    readonly meaning?: string;
    readonly varies_on?: readonly string[];
    readonly about_visitor?: boolean;
    readonly reads_device?: boolean;
  };
}

export interface Segment {
  readonly condition: Condition;
  /** Its public name. */
  readonly name?: string;
  /** Counted only: whoever matches is treated as everybody else. */
  readonly learning?: boolean;
  /** How many of 10,000 lots are held back from it, for comparison. */
  readonly held_back?: number;
}

/** Every live segment of a site, as `GET ruleset/` and `export_ruleset` give them. */
export interface Ruleset {
  readonly format: "wagtail-personalise-gov/ruleset";
  readonly format_version: 1;
  readonly version: string;
  readonly paused: boolean;
  /** The zone in which its rules read clocks, such as "Europe/London": tell `clock.local` in it. */
  readonly time_zone: string;
  /** What `settle` of preference.js takes. */
  readonly preference: PreferenceSettings;
  /** Live segments that only the site itself can decide, and why, by slug. */
  readonly not_portable: { readonly [slug: string]: string };
  readonly segments: { readonly [slug: string]: Segment };
  readonly facts: DescribedFacts;
}

/** Why a visitor is, or is not, treated as one of a segment's visitors. Only "matched" and "preview" put them in. */
export type Reason =
  | "matched"
  | "not_matched"
  /** A fact can't be told, so the rules have no answer. */
  | "unknown"
  /** The same, and the visitor does not want a fact used that these rules ask. */
  | "refused"
  /** Matched, and held back: sees the standard version, for comparison. */
  | "holdout"
  /** Matched, and the segment is in learning mode, which changes nothing. */
  | "learning"
  /** Only in what the server decided: an editor looks at a page as this segment. */
  | "preview";

export interface Decision {
  readonly [slug: string]: Reason;
}

export interface DecideOptions {
  /** Only these segments; all live ones where it is left out. Slugs of no live segment are passed over. */
  readonly segments?: readonly string[];
  /** The names of facts that were not gathered because the visitor does not want them used. */
  readonly refused?: readonly string[];
  /** The slugs of segments that this visitor is held back from. Whom that is about, the caller knows. */
  readonly heldBack?: readonly string[];
}

/** An alternative content of a block, and the slugs of the segments that it is for. */
export interface Variant {
  readonly segments: readonly string[];
}

/**
 * Whether a condition holds.
 *
 * `segments` holds the answers of other segments; one that is not in it can't be told. `described` says of which kind
 * a site's own facts are, as `facts` of a ruleset does; the package's own are known. A part that is no condition
 * can't be told. Never throws.
 */
export function answer(
  condition: Condition,
  facts: Facts,
  segments?: { readonly [slug: string]: Answer },
  described?: DescribedFacts,
): Answer;

/**
 * The reason of each live segment, by its slug.
 *
 * Segments inside segments are followed; one that is inside itself can't be told, and neither can what hangs on it. Of
 * a ruleset that is paused, or of a format that is not known here, nothing is decided: {}. Never throws.
 */
export function decide(ruleset: Ruleset, facts: Facts, options?: DecideOptions): Decision;

/**
 * The variant that is shown; null: the standard version.
 *
 * The first in the editor's order that is for a segment the visitor is in. Who is held back from that segment sees the
 * standard version, and not the next variant. Never throws.
 */
export function choose<Shown extends Variant>(variants: readonly Shown[], decision: Decision): Shown | null;

/**
 * The names of the facts that deciding may ask: for these segments and those inside them, or for all live ones.
 *
 * A key of a mapping stands under the mapping's name: "request.query". Never throws.
 */
export function needs(ruleset: Ruleset, segments?: readonly string[]): string[];
