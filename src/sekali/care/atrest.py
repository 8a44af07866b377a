"""What the working lists hold of people is sealed: names, and what somebody wrote about them.

Names of those who work here, days and places stay as they are: lists are ordered and counted by them.
"""

from sekali import security

VISITS = security.Columns("care.visit", ("shard", "id"), ("name",))
REFERRALS = security.Columns("care.referral", ("shard", "id"), ("name", "reason", "diagnosis", "answer", "letter_back"))
EMERGENCIES = security.Columns("care.emergency", ("id",), ("reason", "note"))
DUTIES = security.Columns("care.duty", ("id",), ("reason", "wish", "answer"), bound="care.question")
"""Some of them began as questions, in a table of that name."""
GUARDIANS = security.Columns("care.guardian", ("id",), ("called",))
HOLDS = security.Columns("care.hold", ("id",), ("reason", "end_reason"))
RETENTION = security.Columns("care.retention", ("id",), ("content",))
AT_REST: tuple[security.Table, ...] = (VISITS, REFERRALS, EMERGENCIES, DUTIES, GUARDIANS, HOLDS, RETENTION)
