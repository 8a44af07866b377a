"""What the working lists hold of people is sealed: names, and what somebody wrote about them.

Names of those who work here, days and places stay as they are: lists are ordered and counted by them.
"""

from sekali import security

VISITS = security.Columns("care.visit", ("shard", "id"), ("name",))
REFERRALS = security.Columns("care.referral", ("shard", "id"), ("name", "reason", "diagnosis", "answer", "letter_back"))
EMERGENCIES = security.Columns("care.emergency", ("id",), ("reason", "note"))
QUESTIONS = security.Columns("care.question", ("id",), ("reason", "answer"))
AT_REST: tuple[security.Table, ...] = (VISITS, REFERRALS, EMERGENCIES, QUESTIONS)
