"""The metrics: who may read them, and that they tell what happened and nothing else."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from chatsite import metrics
from chatsite.environment import Network
from conversations.generation.figures import Distribution, Figures
from tests.site.scraped import Scraped

TOKEN = "0123456789abcdef-token"
BEARER = {"authorization": f"Bearer {TOKEN}"}

Configure = Callable[..., None]


@pytest.fixture
def configure(settings: Any) -> Configure:
    def configure(**values: Any) -> None:
        if "metrics_addresses" in values:
            values["metrics_addresses"] = networks(*values["metrics_addresses"])
        if "trusted_proxies" in values:
            values["trusted_proxies"] = networks(*values["trusted_proxies"])
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, **values)

    return configure


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


class TestAccess:
    async def test_off_unless_somebody_may(self, async_client: AsyncClient) -> None:
        assert (await async_client.get("/metrics", headers=BEARER)).status_code == 404

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            (BEARER, 200),
            ({"authorization": f"bearer  {TOKEN} "}, 200),
            ({}, 401),
            ({"authorization": f"Bearer {TOKEN}x"}, 401),
            ({"authorization": "Bearer"}, 401),
            ({"authorization": f"Basic {TOKEN}"}, 401),
            ({"authorization": "Bearer schlüssel"}, 401),
        ],
    )
    async def test_with_the_token(
        self, async_client: AsyncClient, configure: Configure, headers: dict[str, str], status: int
    ) -> None:
        configure(metrics_token=TOKEN)
        response = await async_client.get("/metrics", headers=headers)
        assert response.status_code == status
        assert TOKEN not in response.content.decode()
        assert (response.get("WWW-Authenticate") == "Bearer") is (status == 401)

    @pytest.mark.parametrize(
        ("addresses", "forwarded", "proxies", "status"),
        [
            (["127.0.0.0/8"], "", [], 200),
            (["10.0.0.0/8"], "", [], 403),
            (["10.0.0.0/8"], "10.1.2.3", [], 403),
            (["10.0.0.0/8"], "10.1.2.3", ["127.0.0.1/32"], 200),
            (["127.0.0.0/8"], "203.0.113.9", ["127.0.0.1/32"], 403),
            (["10.0.0.0/8"], "10.1.2.3, 203.0.113.9", ["127.0.0.1/32"], 403),
        ],
    )
    async def test_from_the_addresses(
        self,
        configure: Configure,
        addresses: list[str],
        forwarded: str,
        proxies: list[str],
        status: int,
    ) -> None:
        configure(metrics_addresses=addresses, trusted_proxies=proxies)
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        # A client of its own: what stands in between is put together with its first request.
        assert (await AsyncClient().get("/metrics", headers=headers)).status_code == status

    async def test_both_are_needed_where_both_are_set(self, async_client: AsyncClient, configure: Configure) -> None:
        configure(metrics_token=TOKEN, metrics_addresses=["10.0.0.0/8"])
        assert (await async_client.get("/metrics", headers=BEARER)).status_code == 403
        configure(metrics_token=TOKEN, metrics_addresses=["127.0.0.1/32"])
        assert (await async_client.get("/metrics")).status_code == 401
        assert (await async_client.get("/metrics", headers=BEARER)).status_code == 200

    @pytest.mark.parametrize(
        ("accepts", "type_"),
        [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
    )
    async def test_in_the_format_that_is_asked_for(
        self, async_client: AsyncClient, configure: Configure, accepts: str, type_: str
    ) -> None:
        configure(metrics_token=TOKEN)
        response = await async_client.get("/metrics", headers=BEARER | {"accept": accepts})
        assert response["Content-Type"].startswith(type_)


class TestFigures:
    def test_a_value_counts_under_its_bound_and_all_above(self) -> None:
        distribution = Distribution((1.0, 5.0))
        for value in (0.5, 1.0, 4.0, 5.5, 100.0):
            distribution.add(value)
        assert list(metrics._cumulated(distribution)) == [("1.0", 2), ("5.0", 3), ("+Inf", 5)]
        assert distribution.sum == 111.0

    def test_reasons_of_an_end_are_ours(self) -> None:
        figures = Figures()
        figures.ended("complete", "", "stop")
        figures.ended("complete", "", "whatever the upstream says 4711")
        figures.ended("failed", "rate_limited", "whatever")
        figures.ended("stopped", "", "")
        assert figures.ends == {
            ("complete", "stop"): 1,
            ("complete", "other"): 1,
            ("failed", "rate_limited"): 1,
            ("stopped", ""): 1,
        }

    def test_speed_is_of_calls_whose_tokens_were_counted(self) -> None:
        now = datetime.now(UTC)
        counted = SimpleNamespace(
            first_token_at=now, ended_at=now + timedelta(seconds=2), output_tokens=90, estimated=False
        )
        figures = Figures()
        figures.called([counted])
        assert figures.token_speed.sum == 45.0
        for change in ({"estimated": True}, {"first_token_at": None}, {"output_tokens": 0}, {"ended_at": now}):
            figures.called([SimpleNamespace(**vars(counted) | change)])
        assert sum(figures.token_speed.counts) == 1


async def test_only_what_is_defined_here_is_told(async_client: AsyncClient, configure: Configure) -> None:
    configure(metrics_token=TOKEN)
    text = (await async_client.get("/metrics", headers=BEARER)).content.decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    assert names
    assert all(name.startswith(("chatsite_", "process_")) for name in names)
    assert all(family.documentation for family in text_string_to_metric_families(text))
    assert Scraped(text).value("chatsite_database_threads", state="busy") == 0
