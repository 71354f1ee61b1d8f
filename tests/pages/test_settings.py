"""The settings page: preferences, own usage, sign-ins, deletion of all chats and of the account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from chatsite.accounts.models import User
from conversations.models import Conversation, Folder, Keyset, UsageDay
from conversations.services import folders
from tests.cast import PASSWORD
from tests.pages.test_views import conversation_of

pytestmark = pytest.mark.django_db


def signed_in(user: User, agent: str = "Firefox/1 Linux") -> Client:
    """By the sign-in page, as people do."""
    client = Client(HTTP_USER_AGENT=agent)
    response = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert response.status_code == 302
    return client


def confirmed(user: User) -> Client:
    """Signed in, and the password typed once more."""
    client = signed_in(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def patch(client: Client, address: str, **body: Any) -> Any:
    return client.patch(address, body, content_type="application/json")


def test_preferences_are_kept_and_come_with_the_page(alice: User) -> None:
    client = signed_in(alice)
    wanted = {"theme": "dark", "send_key": "ctrl-enter", "default_model": "deepseek-v4-pro", "default_thinking": "high"}
    assert patch(client, "/settings/preferences/", **wanted).json() == {"language": "", **wanted}
    page = client.get("/")
    assert 'data-theme="dark"' in page.content.decode()
    assert page.context["config"]["preferences"] == {"language": "", **wanted}
    assert page.context["config"]["default_model"] == "deepseek-v4-pro"
    assert signed_in(alice).get("/settings/preferences/").json()["theme"] == "dark"


@pytest.mark.parametrize(
    "wanted",
    [
        {"theme": "pink"},
        {"language": "xx"},
        {"default_model": "gpt"},
        {"send_key": ""},
        {"colour": "red"},
        {"theme": 3},
    ],
)
def test_what_cannot_be_chosen_is_refused(alice: User, wanted: dict[str, Any]) -> None:
    client = signed_in(alice)
    assert patch(client, "/settings/preferences/", **{"default_thinking": "low", **wanted}).status_code == 400
    assert client.get("/settings/preferences/").json()["default_thinking"] == ""


def test_a_model_that_is_no_longer_offered_gives_way(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(default_model="deepseek-of-old")
    client = signed_in(alice)
    assert client.get("/").context["config"]["default_model"] == django_settings.ENVIRONMENT.default_model


def test_the_name_can_be_changed(alice: User) -> None:
    client = signed_in(alice)
    assert patch(client, "/settings/profile/", name="  Alice\n B. ").json() == {"name": "Alice B."}
    assert patch(client, "/settings/profile/", name="x" * 151).status_code == 400
    assert User.objects.get(pk=alice.pk).name == "Alice B."


def test_own_usage_is_shown_and_nobody_elses(alice: User, bob: User, django_assert_max_num_queries: Any) -> None:
    today = datetime.now(UTC).date()
    for user, tokens in ((alice, 1234), (bob, 777)):
        UsageDay.objects.create(
            user_ref=user.pk,
            day=today,
            model="deepseek-flash",
            currency="USD",
            calls=3,
            cache_miss_tokens=tokens,
            output_tokens=10,
            cost=Decimal("0.25"),
        )
    client = signed_in(alice)
    with django_assert_max_num_queries(12):
        page = client.get("/settings/")
    text = page.content.decode()
    assert "1,234" in text
    assert "777" not in text
    chart = page.context["chart"]
    assert chart["series"][1] == {"label": "New tokens", "values": [*[0] * (today.day - 1), 1234]}
    assert len(chart["moments"]) == today.day
    assert page.context["budgets"] == []


def test_sign_ins_are_listed_and_ended(alice: User, charlie: User) -> None:
    here, there = signed_in(alice), signed_in(alice, "Mozilla (iPhone) Safari/604")
    sessions = here.get("/settings/").context["sessions"]
    assert [(session.device, session.is_current) for session in sessions] == [
        ("Firefox on Linux", True),
        ("Safari on iPhone", False),
    ]
    signed_in(charlie).post(f"/settings/sessions/{sessions[1].id}/end/")
    assert there.get("/").status_code == 200
    here.post(f"/settings/sessions/{sessions[1].id}/end/")
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_all_other_sign_ins_are_ended(alice: User, bob: User) -> None:
    here, others, stranger = signed_in(alice), [signed_in(alice) for _ in range(2)], signed_in(bob)
    here.post("/settings/sessions/end-others/")
    assert [client.get("/").status_code for client in (here, *others, stranger)] == [200, 302, 302, 200]
    assert len(here.get("/settings/").context["sessions"]) == 1


def test_all_chats_are_deleted_and_had_back(alice: User, bob: User) -> None:
    mine = [conversation_of(alice, messages=0) for _ in range(3)]
    theirs = conversation_of(bob, messages=0)
    client = signed_in(alice)
    assert client.post("/settings/delete-chats/").json() == {"deleted": 3}
    assert client.get("/conversations/").json()["conversations"] == []
    assert Conversation.objects.get(pk=theirs.pk).trashed_at is None
    assert client.post("/settings/restore-chats/").json() == {"restored": 3}
    assert len(client.get("/conversations/").json()["conversations"]) == len(mine)


def test_an_account_is_deleted_with_everything_in_it(alice: User, dana: User) -> None:
    conversation_of(alice)
    folders.create(alice.pk, "Recipes")
    UsageDay.objects.create(user_ref=alice.pk, day=datetime.now(UTC).date(), model="m", calls=1)
    client = confirmed(alice)
    wrong = client.post("/settings/delete-account/", {"email": "bob@example.org"})
    assert wrong.status_code == 400
    assert User.objects.filter(pk=alice.pk).exists()
    response = client.post("/settings/delete-account/", {"email": alice.email})
    assert response.status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Conversation.objects.exists()
    assert not Folder.objects.exists()
    assert not Keyset.objects.filter(user_id=alice.pk).exists()
    assert UsageDay.objects.filter(user_ref=alice.pk).exists()
    assert client.get("/").status_code == 302


def test_deleting_an_account_asks_for_the_password_again(alice: User, dana: User) -> None:
    client = signed_in(alice)
    response = client.post("/settings/delete-account/", {"email": alice.email})
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_last_administrator_stays(dana: User) -> None:
    client = confirmed(dana)
    response = client.post("/settings/delete-account/", {"email": dana.email})
    assert response.status_code == 400
    assert "only administrator" in response.content.decode()
    assert User.objects.filter(pk=dana.pk).exists()


def test_anonymous_visitors_are_sent_to_sign_in(client: Client, dana: User) -> None:
    for address in ("/settings/", "/settings/preferences/", "/settings/delete-account/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")
