"""The first visit to an empty installation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from chatsite.accounts import first_administrator, setup_token
from chatsite.accounts.models import User
from tests.accounts.conftest import Install
from tests.cast import PASSWORD

PAGE = "/accounts/first-administrator/"
DANA = {"email": "Dana@Example.org", "password": PASSWORD}


@pytest.mark.django_db
class TestPage:
    @pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/", "/c/01890000-0000-7000-8000-000000000000/"])
    def test_an_empty_installation_leads_there(self, client: Client, path: str) -> None:
        assertRedirects(client.get(path), PAGE)

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_probes_are_left_alone(self, client: Client, path: str) -> None:
        assert client.get(path).status_code in (200, 503)

    def test_it_makes_an_administrator_and_signs_them_in(self, client: Client) -> None:
        response = client.post(PAGE, DANA)
        assertRedirects(response, "/", fetch_redirect_response=False)
        dana = User.objects.get()
        assert (dana.email, dana.is_staff, dana.is_superuser) == ("dana@example.org", True, True)
        assert client.session["_auth_user_id"] == str(dana.pk)

    def test_on_this_machine_it_asks_for_no_token(self, client: Client) -> None:
        assertNotContains(client.get(PAGE), "Setup token")

    def test_a_weak_password_is_refused_and_the_address_kept(self, client: Client) -> None:
        response = client.post(PAGE, DANA | {"password": "dana@example.org"})
        assertContains(response, "too similar to the e-mail address")
        assertContains(response, 'value="Dana@Example.org"')
        assert not User.objects.exists()

    @pytest.mark.usefixtures("alice")
    def test_it_is_gone_when_somebody_has_an_account(self, client: Client) -> None:
        assert client.get(PAGE).status_code == 404
        assert client.post(PAGE, DANA).status_code == 404

    def test_it_is_limited(self, client: Client) -> None:
        answers = [client.post(PAGE, DANA | {"password": "short"}).status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]


@pytest.mark.django_db
class TestToken:
    @pytest.fixture(autouse=True)
    def _listens_beyond_loopback(self, install: Install, tmp_path: Path) -> None:
        install(host="0.0.0.0", data_dir=tmp_path)

    def test_without_the_token_nobody_becomes_administrator(self, client: Client, tmp_path: Path) -> None:
        setup_token.ensure(tmp_path)
        assertContains(client.get(PAGE), "Setup token")
        assertContains(client.post(PAGE, DANA), "This field is required")
        assertContains(client.post(PAGE, DANA | {"token": "wrong"}), "not the token")
        assert not User.objects.exists()

    def test_the_token_is_used_up(self, client: Client, tmp_path: Path) -> None:
        response = client.post(PAGE, DANA | {"token": setup_token.ensure(tmp_path)})
        assertRedirects(response, "/", fetch_redirect_response=False)
        assert not (tmp_path / "secrets" / "setup_token").exists()

    def test_a_proxy_on_this_machine_makes_no_exception(self, client: Client, install: Install) -> None:
        install(host="127.0.0.1", public_url="https://chat.example.org")
        assertContains(client.get(PAGE), "Setup token")

    def test_the_token_can_come_from_the_environment(self, client: Client, install: Install) -> None:
        install(setup_token="from-the-orchestrator")
        client.post(PAGE, DANA | {"token": "from-the-orchestrator"})
        assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_wins() -> None:
    barrier = Barrier(2)

    def claim(email: str) -> bool:
        barrier.wait()
        try:
            first_administrator.claim(email=email, password=PASSWORD)
        except first_administrator.AlreadyClaimed:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, ["alice@example.org", "bob@example.org"])) == [False, True]
    assert User.objects.count() == 1


def test_once_somebody_has_an_account_a_page_costs_no_query(
    alice: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        client.get("/accounts/signup/")
    with django_assert_num_queries(0):
        client.get("/accounts/signup/")
