"""A topic looks at anything that may be kept, and never stands in the way of a write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali.exchange.subscriptions.topics import TOPICS, context_of

ORGANIZATION, REQUEST = "Organization/00000000-0000-8000-8000-000000000001", "ServiceRequest/1"
references = st.sampled_from([
    {}, {"display": "RS"}, {"identifier": {"value": "1"}}, {"reference": "#di-dalam"}, {"reference": "urn:uuid:1"},
    {"reference": "Organization"}, {"reference": ORGANIZATION}, {"reference": f"https://lain.example/fhir/{ORGANIZATION}"},
    {"reference": REQUEST}, {"reference": "Patient/1/_history/2"}, {"reference": ""},
])  # fmt: skip
resources = st.fixed_dictionaries(
    {"id": st.just("1")},
    optional={
        "status": st.sampled_from(["requested", "accepted", "final", "finished", "unknown"]),
        "meta": st.fixed_dictionaries({"versionId": st.sampled_from("123")}),
        "gender": st.sampled_from(["male", "female"]),
        "basedOn": st.lists(references, max_size=3),
        **dict.fromkeys(("owner", "requester", "serviceProvider", "focus", "for", "subject"), references),
    },
)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda one: one.name)
@given(now=resources, before=st.none() | resources)
def test_whatever_a_resource_leaves_out_a_topic_has_an_answer(topic, now, before) -> None:
    told = topic.told(now, before)
    assert all(one == "" or one.split("/")[0] in ("Organization", "ServiceRequest", "Patient") for one in told)
    assert all(one.count("/") == 1 for one in context_of(topic, now))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda one: one.name)
@given(now=resources)
def test_what_has_not_changed_is_no_news(topic, now) -> None:
    assert topic.told(now, now | {"meta": {"versionId": "9"}}) - {""} == set()
