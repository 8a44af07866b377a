"""The movement of cities: cohorts, selection, mentoring, masterplans, quick wins, panel, evaluation, awards.

It knows regions and their teams, never a citizen and never a health record: what it shows of a counter comes through
the Protocol :class:`Measures`, joined in ``app``.
"""

from dataclasses import dataclass

from sekali import kernel

from . import assignment, calibration, documents, history, instruments, plan, public, spreadsheet
from .access import Access
from .awards import Awards, Category, Ceremony, Certificate, Rule
from .cohorts import (
    IN,
    LIMITS,
    MEMBERS,
    NEXT,
    REASONED,
    Cohort,
    Cohorts,
    Figure,
    Participation,
    Progress,
    Settings,
    Stage,
)
from .dimensions import DIMENSIONS, READINESS, SUBS
from .evaluation import Evaluation, Evaluations
from .evidence import LARGEST as LARGEST_EVIDENCE
from .evidence import Evidence, EvidenceStore
from .mentoring import ALL_OUTPUTS, OUTPUTS, Meeting, Mentoring, Output, Person
from .panel import Panel, Result, Slot, Standing, Task, begins
from .plans import Clash, Plans
from .public import OpenData
from .quick_wins import Measured, Measures, QuickWin, QuickWins
from .regions import KINDS, Region, Regions
from .selection import Candidate, Selection
from .sheets import Adopted, Answer, Answers, Sheet, Sheets


@dataclass(frozen=True, slots=True)
class Program:
    """The movement's work, joined once by ``app``."""

    access: Access
    regions: Regions
    cohorts: Cohorts
    sheets: Sheets
    selection: Selection
    mentoring: Mentoring
    plans: Plans
    evidence: EvidenceStore
    quick_wins: QuickWins
    panel: Panel
    evaluations: Evaluations
    awards: Awards
    open_data: OpenData


def program(database: kernel.Database, measures: Measures) -> Program:
    """Join the movement's parts."""
    access = Access(database)
    regions = Regions(database, access)
    cohorts, sheets = Cohorts(database, access), Sheets(database, access)
    mentoring = Mentoring(database, access, regions, cohorts)
    plans, quick_wins = Plans(database, access), QuickWins(database, access, cohorts, measures)
    panel = Panel(database, access, regions, cohorts, sheets, mentoring, quick_wins)
    evaluations = Evaluations(database, access, regions, cohorts, sheets)
    awards = Awards(database, access, regions, cohorts, panel)
    return Program(
        access, regions, cohorts, sheets, Selection(database, access, regions, cohorts, sheets), mentoring, plans,
        EvidenceStore(database, access), quick_wins, panel, evaluations, awards,
        OpenData(database, regions, cohorts, plans, quick_wins, evaluations, awards),
    )  # fmt: skip


__all__ = [
    "ALL_OUTPUTS", "DIMENSIONS", "IN", "KINDS", "LARGEST_EVIDENCE", "LIMITS", "MEMBERS", "NEXT", "OUTPUTS", "READINESS",
    "REASONED", "SUBS", "Adopted", "Answer", "Answers", "Candidate", "Category", "Ceremony", "Certificate", "Clash",
    "Cohort", "Evaluation", "Evidence", "Figure", "Measured", "Measures", "Meeting", "Output", "Participation",
    "Person", "Program", "Progress", "QuickWin", "Region", "Result", "Rule", "Settings", "Sheet", "Slot", "Stage",
    "Standing", "Task", "assignment", "begins", "calibration", "documents", "history", "instruments", "plan", "program",
    "public", "spreadsheet",
]  # fmt: skip
