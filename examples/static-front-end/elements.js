/** Elements out of words: text is only ever text, so that nothing that an editor wrote can become markup by chance. */

/** `element("a", { href }, "Home")`. Attributes that are null or false are left out; so are children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value instanceof Function) made.addEventListener(key, value);
    else if (value !== null && value !== false && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== false && child !== ""));
  return made;
}

/** Move the focus to something that is read out, not used. */
export function focusOn(target) {
  if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus({ preventScroll: false });
}

// Rich text

const ALLOWED = new Set(["A", "B", "BR", "EM", "H2", "H3", "I", "LI", "OL", "P", "STRONG", "UL"]);
const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);
const policy = globalThis.trustedTypes?.createPolicy("rich-text", { createHTML: (text) => text });

/** The nodes of rich text: what editors may write, and of any other element its words. */
export function richText(html, addressOf) {
  const parsed = new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  return copies(parsed.body, addressOf);
}

function copies(from, addressOf) {
  return [...from.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    if (!(node instanceof Element) || node.matches("script, style, template")) return [];
    const children = copies(node, addressOf);
    if (!ALLOWED.has(node.tagName)) return children;
    return [element(node.tagName, { href: node.tagName === "A" ? addressOf(node.getAttribute("href")) : null }, children)];
  });
}

/** `href` on the site, which may be on another host; null for what is no address that a link may lead to. */
export const addressesOn = (site) => (href) => {
  try {
    const address = new URL(href, site);
    return href !== null && SCHEMES.has(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
};
