"""A subscriber knows who sent it a message, and that it is new: Standard Webhooks, verified by that project's own library."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiving import subscription
from standardwebhooks import Webhook, WebhookVerificationError

from sekali import kernel
from sekali.exchange.subscriptions import signing

SECRET = "urn:sekali:subscription-secret"


def secret_of(resource: dict) -> str:
    [found] = [one["valueString"] for one in resource["channel"]["extension"] if one["url"] == SECRET]
    return found


async def test_every_message_is_signed_with_the_secret_that_was_shown_once(office, endpoint) -> None:
    made = await office.pratama.post(subscription("referral-received", endpoint.url, "full-resource"))
    await office.rsud.refer(await office.rsud.person(), office.pratama.organization)
    await office.tell()
    webhook = Webhook(secret_of(made))
    for message in endpoint.messages:
        assert webhook.verify(message.body, message.headers)["resourceType"] == "Bundle"
        with pytest.raises(WebhookVerificationError):
            webhook.verify(message.body.replace(b"history", b"HISTORY"), message.headers)
        with pytest.raises(WebhookVerificationError):
            webhook.verify(
                message.body, message.headers | {"webhook-timestamp": str(int(kernel.now().timestamp()) - 5)}
            )
    assert len({message.headers["webhook-id"] for message in endpoint.messages}) == 2
    read = await office.pratama.read(f"Subscription/{made['id']}")
    assert SECRET not in str(read)


async def test_a_new_secret_for_a_day_beside_the_former(office, endpoint) -> None:
    made = await office.pratama.post(subscription("referral-received", endpoint.url))
    renewed = (await office.pratama.http.post(f"/Subscription/{made['id']}/$renew-secret")).json()
    assert secret_of(renewed) != secret_of(made)
    await office.tell()
    for secret in (secret_of(made), secret_of(renewed)):
        Webhook(secret).verify(endpoint.messages[0].body, endpoint.messages[0].headers)
    [one] = await office.sekali.subscriptions.book.all_own(
        await office.sekali.doorkeeper.bearer(office.pratama.http.headers["Authorization"].removeprefix("Bearer "))
    )
    assert len(one.secrets(kernel.now())) == 2 and len(one.secrets(kernel.now() + timedelta(hours=25))) == 1


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=500))
def test_any_body_is_verified_by_their_library(secret, body) -> None:
    import json

    text = json.dumps(body.hex()).encode()
    now = int(kernel.now().timestamp())
    headers = dict(signing.headers([secret], "satu-2", now, text))
    assert Webhook("whsec_" + base64.b64encode(secret).decode()).verify(text, headers) == body.hex()
