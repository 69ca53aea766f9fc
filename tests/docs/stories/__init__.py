"""What the documentation promises a reader who follows it, told on the site that they made. Run by `run.py`.

Each story is a function without arguments, in a transaction of its own.
"""

from tests.docs.stories import counting, extending, first_site, pages, running, servers, visitors

STORIES = {
    story.__name__: story
    for story in (
        first_site.the_tutorial,
        extending.content_from_before_the_wrap_is_the_standard_version,
        extending.a_rule_and_a_fact_of_ones_own,
        extending.who_a_fact_of_ones_own_can_be_told_of,
        extending.a_geo_provider_of_ones_own,
        extending.a_visitor_store_of_ones_own,
        extending.what_everyone_must_see_stands_in_no_version,
        extending.a_preview_of_a_page_and_of_a_snippet,
        extending.the_headless_api,
        pages.a_page_with_every_version_and_what_it_asks,
        running.a_page_cache_keeps_nobodys_page,
        running.the_pause,
        running.what_each_mode_does_before_a_choice,
        running.which_pages_are_private,
        servers.calls_with_a_token,
        counting.who_answered_before_it_was_switched_on,
        counting.what_the_page_of_a_goal_is_to_caches,
        counting.how_many_visits_it_takes,
        counting.what_fits_into_the_cookie,
        counting.what_two_shares_hold_back_together,
        visitors.what_may_be_done_from_where,
        visitors.an_intent_that_a_visitor_declares,
    )
}
