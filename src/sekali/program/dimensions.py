"""The six smart dimensions and their eighteen sub-dimensions, and the nine elements of readiness (domain 1.4, 1.5)."""

DIMENSIONS: dict[str, tuple[str, dict[str, str]]] = {
    "governance": (
        "Smart Governance",
        {"service": "Public service", "bureaucracy": "Bureaucracy", "policy": "Public policy"},
    ),
    "branding": ("Smart Branding", {"tourism": "Tourism", "business": "Business", "appearance": "Face of the city"}),
    "economy": (
        "Smart Economy",
        {"industry": "Industry ecosystem", "welfare": "Welfare", "transaction": "Transaction ecosystem"},
    ),
    "living": ("Smart Living", {"harmony": "Harmony of space", "health": "Health", "mobility": "Mobility"}),
    "society": ("Smart Society", {"community": "Community", "learning": "Learning", "security": "Safety"}),
    "environment": ("Smart Environment", {"protection": "Protection", "waste": "Waste", "energy": "Energy"}),
}
"""key -> (name, sub-dimension key -> English name)."""

SUBS: dict[str, tuple[str, str]] = {
    f"{dimension}.{key}": (dimension, name) for dimension, (_, subs) in DIMENSIONS.items() for key, name in subs.items()
}
"""dimension.sub -> (dimension, English name)."""

READINESS: dict[str, dict[str, str]] = {
    "Structure": {"people": "Human resources", "finance": "Finance", "governing": "Governance"},
    "Infrastructure": {"physical": "Physical", "digital": "Digital", "social": "Social"},
    "Superstructure": {
        "regulation": "Regulation and policy",
        "institutions": "Institutions",
        "conduct": "Implementation",
    },
}
"""Element -> part key -> English name."""
