"""API tokens in the admin: the list, making one whose secret is shown once, and revoking one.

Wagtail 8 has tokens too. Those stand for a person with all that this person may do; these are a server's, and open a
few calls that change nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.generic import IndexView, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput
from wagtail.permission_policies import ModelPermissionPolicy

from ..models import ApiToken
from ..models.api_tokens import Scope, State

TEMPLATES = "wagtail_personalise_gov/editor/api_tokens"
ACTIONS = ("view", "add", "change")
POLICY = ModelPermissionPolicy(ApiToken)
SUGGESTED_DAYS = 365


def may(user: Any, *actions: str) -> bool:
    """Whether the user may do one of these with tokens."""
    label, meta = ApiToken._meta.app_label, ApiToken._meta
    return any(user.has_perm(f"{label}.{get_permission_codename(action, meta)}") for action in actions)


def made_in_words(token: ApiToken) -> str:
    """When and by whom."""
    day = date_format(timezone.localtime(token.made_at))
    return gettext("%(day)s by %(who)s") % {"day": day, "who": token.made_by} if token.made_by else str(day)


def last_used_in_words(token: ApiToken) -> str:
    return str(date_format(token.last_used_on)) if token.last_used_on else gettext("Never")


class ScopesColumn(Column):
    cell_template_name = f"{TEMPLATES}/scopes_cell.html"


class SecretColumn(Column):
    cell_template_name = f"{TEMPLATES}/secret_cell.html"


class StateColumn(Column):
    """Whether it works; and for those who may, the link that ends it."""

    cell_template_name = f"{TEMPLATES}/state_cell.html"

    def get_cell_context_data(self, instance: ApiToken, parent_context: dict[str, Any]) -> dict[str, Any]:
        user = parent_context["request"].user
        return {
            **super().get_cell_context_data(instance, parent_context),
            "token": instance,
            "may_revoke": instance.state is not State.REVOKED and may(user, "change"),
        }


class TokenIndexView(IndexView):
    """All tokens, the newest first; those that ended stay, to tell what they were."""

    model = ApiToken
    permission_policy = POLICY
    any_permission_required = list(ACTIONS)
    template_name = f"{TEMPLATES}/list.html"
    page_title = _("API tokens")
    header_icon = "key"
    add_item_label = _("Make a token")
    index_url_name = "personalise_tokens:index"
    index_results_url_name = "personalise_tokens:index_results"
    add_url_name = "personalise_tokens:make"
    default_ordering = "-made_at"
    paginate_by = 50
    is_searchable = False
    columns = [
        Column("name", label=_("Name")),
        ScopesColumn("scopes", label=_("Good for"), width="35%"),
        SecretColumn("masked", label=_("Secret")),
        Column("made_at", label=_("Made"), accessor=made_in_words),
        Column("last_used_on", label=_("Last used"), accessor=last_used_in_words),
        StateColumn("state", label=_("State"), width="14%"),
    ]

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=ApiToken._meta.get_field("name").help_text, required=True
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it is good for"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As little as its server needs."),
        error_messages={"required": _("Choose at least one thing that it is good for.")},
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=AdminDateInput,
        help_text=ApiToken._meta.get_field("expires_on").help_text,
    )


class TokenView(PermissionCheckedMixin, WagtailAdminTemplateMixin):
    """What the screens about one token have in common."""

    permission_policy = POLICY
    header_icon = "key"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("personalise_tokens:index"), "label": gettext("API tokens")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]


class MakeTokenView(TokenView, FormView):  # type: ignore[type-arg]
    """GET the form. POST makes the token and shows its secret, with this very answer, so that it is kept nowhere."""

    permission_required = "add"
    template_name = f"{TEMPLATES}/make.html"
    page_title = _("Make an API token")
    form_class = TokenForm

    def get_initial(self) -> dict[str, Any]:
        return {"expires_on": timezone.localdate() + timedelta(days=SUGGESTED_DAYS)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "action_url": reverse("personalise_tokens:make"),
            "media": context["form"].media,
            "submit_button_label": gettext("Make the token"),
            "submit_button_active_label": gettext("Making…"),
        }

    @method_decorator(sensitive_variables("secret"))
    def form_valid(self, form: TokenForm) -> HttpResponse:
        user = self.request.user
        try:
            token, secret = ApiToken.make(**form.cleaned_data, user=user, by=get_user_display_name(user))
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        self.template_name = f"{TEMPLATES}/made.html"
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form, token=token, secret=secret))
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class RevokeTokenView(TokenView, TemplateView):
    """Ask, then end it."""

    permission_required = "change"
    template_name = f"{TEMPLATES}/revoke.html"
    page_title = _("Revoke")

    @cached_property
    def token(self) -> ApiToken:
        token = ApiToken.objects.filter(pk=self.kwargs["pk"]).first()
        if token is None:
            raise Http404
        return token

    def get_page_subtitle(self) -> str:
        return self.token.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "token": self.token}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.token.revoke(user=request.user, by=get_user_display_name(request.user)):
            messages.success(request, gettext("“%s” is revoked. From now on it does not work.") % self.token.name)
        return redirect("personalise_tokens:index")


class TokensMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may(request.user, *ACTIONS)


class TokensViewSet(ViewSet):
    name = "personalise_tokens"
    url_prefix = "personalisation/tokens"
    icon = "key"
    menu_label = _("API tokens")
    menu_item_class = TokensMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", self.construct_view(TokenIndexView), name="index"),
            path("results/", self.construct_view(TokenIndexView, results_only=True), name="index_results"),
            path("make/", self.construct_view(MakeTokenView), name="make"),
            path("revoke/<int:pk>/", self.construct_view(RevokeTokenView), name="revoke"),
        ]
