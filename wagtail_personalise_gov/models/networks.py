"""Ranges of internet addresses, as editors write them: what is wrong with the words, in words that help."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from django.utils.translation import gettext, ngettext

from .fields import joined

MAX_NAMED = 5  # words in one message


def network_messages(words: list[str]) -> Iterator[str]:
    """What is wrong with the words for networks: one message for all that are none, one for each that is nearly one."""
    wrong = []
    for word in words:
        try:
            if ip_network(word.strip()).prefixlen == 0:
                yield gettext("%s: that is the whole internet. Write smaller networks, or delete the rule.") % word
        except ValueError:
            try:
                near = ip_network(word.strip(), strict=False)
            except ValueError:
                wrong.append(gettext("“%s”") % word[:40])
            else:
                yield (
                    gettext("%(word)s goes on behind its length. Did you mean %(network)s?")
                    % {"word": word[:60], "network": near}
                )
    if wrong:
        named = joined(wrong[:MAX_NAMED], gettext("and")) + (" …" if len(wrong) > MAX_NAMED else "")
        yield (
            ngettext(
                "%s is no range of internet addresses. Ask your IT team for it. Write it as 192.0.2.0/24.",
                "%s are no ranges of internet addresses. Ask your IT team for them. Write each as 192.0.2.0/24.",
                len(wrong),
            )
            % named
        )
