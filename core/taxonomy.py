"""arXiv's taxonomy: archives, subjects, official names, retired archives and their successors."""

import re
from dataclasses import dataclass

from core.messages import N_, Message

# Source: arxiv.org/category_taxonomy. A category of a paper is a subject of an archive (`math.AT`)
# or a bare archive (`hep-th`); the archive is the part before the first dot.

ARCHIVES = {
    "astro-ph": "Astrophysics",
    "cond-mat": "Condensed Matter",
    "cs": "Computer Science",
    "econ": "Economics",
    "eess": "Electrical Engineering and Systems Science",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math": "Mathematics",
    "math-ph": "Mathematical Physics",
    "nlin": "Nonlinear Sciences",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics": "Physics",
    "q-bio": "Quantitative Biology",
    "q-fin": "Quantitative Finance",
    "quant-ph": "Quantum Physics",
    "stat": "Statistics",
}
"""The live archives, by code."""

LIVE_ARCHIVES = tuple(sorted(ARCHIVES))


PHYSICS, MATHEMATICS, COMPUTING, LIFE, ECONOMY, STATISTICS, ENGINEERING = FIELDS = (
    N_("Physics"),
    N_("Mathematics"),
    N_("Computer Science"),
    N_("Life sciences"),
    N_("Economics and finance"),
    N_("Statistics"),
    N_("Engineering"),
)
"""The fields of science that archives belong to."""

_FIELD = {
    "math": MATHEMATICS,
    "cs": COMPUTING,
    "q-bio": LIFE,
    "econ": ECONOMY,
    "q-fin": ECONOMY,
    "stat": STATISTICS,
    "eess": ENGINEERING,
}


@dataclass(frozen=True)
class Retired:
    """An archive that is closed to new papers, and the live category that succeeds it."""

    name: str
    successor: str


RETIRED = {
    "acc-phys": Retired("Accelerator Physics", "physics.acc-ph"),
    "adap-org": Retired("Adaptation, Noise, and Self-Organizing Systems", "nlin.AO"),
    "alg-geom": Retired("Algebraic Geometry", "math.AG"),
    "ao-sci": Retired("Atmospheric-Oceanic Sciences", "physics.ao-ph"),
    "atom-ph": Retired("Atomic, Molecular and Optical Physics", "physics.atom-ph"),
    "bayes-an": Retired("Bayesian Analysis", "physics.data-an"),
    "chao-dyn": Retired("Chaotic Dynamics", "nlin.CD"),
    "chem-ph": Retired("Chemical Physics", "physics.chem-ph"),
    "cmp-lg": Retired("Computation and Language", "cs.CL"),
    "comp-gas": Retired("Cellular Automata and Lattice Gases", "nlin.CG"),
    "dg-ga": Retired("Differential Geometry", "math.DG"),
    "funct-an": Retired("Functional Analysis", "math.FA"),
    "mtrl-th": Retired("Materials Theory", "cond-mat.mtrl-sci"),
    "patt-sol": Retired("Pattern Formation and Solitons", "nlin.PS"),
    "plasm-ph": Retired("Plasma Physics", "physics.plasm-ph"),
    "q-alg": Retired("Quantum Algebra and Topology", "math.QA"),
    "solv-int": Retired("Exactly Solvable and Integrable Systems", "nlin.SI"),
    "supr-con": Retired("Superconductivity", "cond-mat.supr-con"),
}

COURSE_ARCHIVES = (
    "acc-phys", "adap-org", "alg-geom", "astro-ph", "chao-dyn", "chem-ph", "cmp-lg", "comp-gas",
    "cond-mat", "cs", "dg-ga", "econ", "eess", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics",
    "q-alg", "q-bio", "q-fin", "quant-ph", "solv-int", "stat", "supr-con",
)  # fmt: skip
"""The 34 labels of the course, in the order of its `MultiLabelBinarizer.classes_`."""

SUBJECTS = {
    "astro-ph.CO": "Cosmology and Nongalactic Astrophysics",
    "astro-ph.EP": "Earth and Planetary Astrophysics",
    "astro-ph.GA": "Astrophysics of Galaxies",
    "astro-ph.HE": "High Energy Astrophysical Phenomena",
    "astro-ph.IM": "Instrumentation and Methods for Astrophysics",
    "astro-ph.SR": "Solar and Stellar Astrophysics",
    "cond-mat.dis-nn": "Disordered Systems and Neural Networks",
    "cond-mat.mes-hall": "Mesoscale and Nanoscale Physics",
    "cond-mat.mtrl-sci": "Materials Science",
    "cond-mat.other": "Other Condensed Matter",
    "cond-mat.quant-gas": "Quantum Gases",
    "cond-mat.soft": "Soft Condensed Matter",
    "cond-mat.stat-mech": "Statistical Mechanics",
    "cond-mat.str-el": "Strongly Correlated Electrons",
    "cond-mat.supr-con": "Superconductivity",
    "cs.AI": "Artificial Intelligence",
    "cs.AR": "Hardware Architecture",
    "cs.CC": "Computational Complexity",
    "cs.CE": "Computational Engineering, Finance, and Science",
    "cs.CG": "Computational Geometry",
    "cs.CL": "Computation and Language",
    "cs.CR": "Cryptography and Security",
    "cs.CV": "Computer Vision and Pattern Recognition",
    "cs.CY": "Computers and Society",
    "cs.DB": "Databases",
    "cs.DC": "Distributed, Parallel, and Cluster Computing",
    "cs.DL": "Digital Libraries",
    "cs.DM": "Discrete Mathematics",
    "cs.DS": "Data Structures and Algorithms",
    "cs.ET": "Emerging Technologies",
    "cs.FL": "Formal Languages and Automata Theory",
    "cs.GL": "General Literature",
    "cs.GR": "Graphics",
    "cs.GT": "Computer Science and Game Theory",
    "cs.HC": "Human-Computer Interaction",
    "cs.IR": "Information Retrieval",
    "cs.IT": "Information Theory",
    "cs.LG": "Machine Learning",
    "cs.LO": "Logic in Computer Science",
    "cs.MA": "Multiagent Systems",
    "cs.MM": "Multimedia",
    "cs.MS": "Mathematical Software",
    "cs.NA": "Numerical Analysis",
    "cs.NE": "Neural and Evolutionary Computing",
    "cs.NI": "Networking and Internet Architecture",
    "cs.OH": "Other Computer Science",
    "cs.OS": "Operating Systems",
    "cs.PF": "Performance",
    "cs.PL": "Programming Languages",
    "cs.RO": "Robotics",
    "cs.SC": "Symbolic Computation",
    "cs.SD": "Sound",
    "cs.SE": "Software Engineering",
    "cs.SI": "Social and Information Networks",
    "cs.SY": "Systems and Control",
    "econ.EM": "Econometrics",
    "econ.GN": "General Economics",
    "econ.TH": "Theoretical Economics",
    "eess.AS": "Audio and Speech Processing",
    "eess.IV": "Image and Video Processing",
    "eess.SP": "Signal Processing",
    "eess.SY": "Systems and Control",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math-ph": "Mathematical Physics",
    "math.AC": "Commutative Algebra",
    "math.AG": "Algebraic Geometry",
    "math.AP": "Analysis of PDEs",
    "math.AT": "Algebraic Topology",
    "math.CA": "Classical Analysis and ODEs",
    "math.CO": "Combinatorics",
    "math.CT": "Category Theory",
    "math.CV": "Complex Variables",
    "math.DG": "Differential Geometry",
    "math.DS": "Dynamical Systems",
    "math.FA": "Functional Analysis",
    "math.GM": "General Mathematics",
    "math.GN": "General Topology",
    "math.GR": "Group Theory",
    "math.GT": "Geometric Topology",
    "math.HO": "History and Overview",
    "math.IT": "Information Theory",
    "math.KT": "K-Theory and Homology",
    "math.LO": "Logic",
    "math.MG": "Metric Geometry",
    "math.MP": "Mathematical Physics",
    "math.NA": "Numerical Analysis",
    "math.NT": "Number Theory",
    "math.OA": "Operator Algebras",
    "math.OC": "Optimization and Control",
    "math.PR": "Probability",
    "math.QA": "Quantum Algebra",
    "math.RA": "Rings and Algebras",
    "math.RT": "Representation Theory",
    "math.SG": "Symplectic Geometry",
    "math.SP": "Spectral Theory",
    "math.ST": "Statistics Theory",
    "nlin.AO": "Adaptation and Self-Organizing Systems",
    "nlin.CD": "Chaotic Dynamics",
    "nlin.CG": "Cellular Automata and Lattice Gases",
    "nlin.PS": "Pattern Formation and Solitons",
    "nlin.SI": "Exactly Solvable and Integrable Systems",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics.acc-ph": "Accelerator Physics",
    "physics.ao-ph": "Atmospheric and Oceanic Physics",
    "physics.app-ph": "Applied Physics",
    "physics.atm-clus": "Atomic and Molecular Clusters",
    "physics.atom-ph": "Atomic Physics",
    "physics.bio-ph": "Biological Physics",
    "physics.chem-ph": "Chemical Physics",
    "physics.class-ph": "Classical Physics",
    "physics.comp-ph": "Computational Physics",
    "physics.data-an": "Data Analysis, Statistics and Probability",
    "physics.ed-ph": "Physics Education",
    "physics.flu-dyn": "Fluid Dynamics",
    "physics.gen-ph": "General Physics",
    "physics.geo-ph": "Geophysics",
    "physics.hist-ph": "History and Philosophy of Physics",
    "physics.ins-det": "Instrumentation and Detectors",
    "physics.med-ph": "Medical Physics",
    "physics.optics": "Optics",
    "physics.plasm-ph": "Plasma Physics",
    "physics.pop-ph": "Popular Physics",
    "physics.soc-ph": "Physics and Society",
    "physics.space-ph": "Space Physics",
    "q-bio.BM": "Biomolecules",
    "q-bio.CB": "Cell Behavior",
    "q-bio.GN": "Genomics",
    "q-bio.MN": "Molecular Networks",
    "q-bio.NC": "Neurons and Cognition",
    "q-bio.OT": "Other Quantitative Biology",
    "q-bio.PE": "Populations and Evolution",
    "q-bio.QM": "Quantitative Methods",
    "q-bio.SC": "Subcellular Processes",
    "q-bio.TO": "Tissues and Organs",
    "q-fin.CP": "Computational Finance",
    "q-fin.EC": "Economics",
    "q-fin.GN": "General Finance",
    "q-fin.MF": "Mathematical Finance",
    "q-fin.PM": "Portfolio Management",
    "q-fin.PR": "Pricing of Securities",
    "q-fin.RM": "Risk Management",
    "q-fin.ST": "Statistical Finance",
    "q-fin.TR": "Trading and Market Microstructure",
    "quant-ph": "Quantum Physics",
    "stat.AP": "Applications",
    "stat.CO": "Computation",
    "stat.ME": "Methodology",
    "stat.ML": "Machine Learning",
    "stat.OT": "Other Statistics",
    "stat.TH": "Statistics Theory",
}
"""The categories a paper can be submitted to today, by code."""

ALIASES = {
    "cs.NA": "math.NA",
    "cs.SY": "eess.SY",
    "math.IT": "cs.IT",
    "math.MP": "math-ph",
    "q-fin.EC": "econ.GN",
    "stat.TH": "math.ST",
}
"""Categories with two codes, the second is arXiv's canonical one; papers have both."""


PRIMARIES = tuple(code for code in sorted(SUBJECTS) if code not in ALIASES)
"""The categories that can be a paper's primary one, each under its canonical code."""


def canonical(code: str) -> str:
    """The live category that a code stands for: its successor if retired, one code of two."""
    live = successor(code)
    return ALIASES.get(live, live)


def primary_of(categories: str) -> str:
    """The primary category of a paper, the first of its categories; empty where it is not live.

    A bare archive that has subjects today, as `astro-ph` of old papers, is not live.
    """
    first = canonical(next(iter(split_categories(categories)), ""))
    return first if first in SUBJECTS else ""


def archive_of(category: str) -> str:
    """The archive of a category: `math` of `math.AT`, `hep-th` of `hep-th`."""
    return category.partition(".")[0]


def field_of(archive: str) -> str:
    """The field of an archive, of a retired one its successor's; empty for an unknown one."""
    live = archive_of(successor(archive))
    return _FIELD.get(live, PHYSICS) if live in ARCHIVES else ""


# Codes consist of letters, dots and hyphens; these separate them in lists, in JSON or text.
_SEPARATORS = str.maketrans(dict.fromkeys(",;[]\"'", " "))
_CODES = frozenset((*ARCHIVES, *RETIRED, *SUBJECTS))
_BY_LOWER = {code.lower(): code for code in _CODES}
_BRACKETED = re.compile(r"\(([A-Za-z.-]+)\)")


def code_of(text: str) -> str | None:
    """The code of an archive or subject, given in any case; None for other text."""
    return _BY_LOWER.get(text.strip().lower())


def split_categories(categories: str) -> tuple[str, ...]:
    """The categories of a paper, in their order.

    They are separated by blanks, as in arXiv's data, by commas or semicolons, or are the text of a
    list (`["cs.LG","stat.ML"]`). Codes may be in another case, or stand in brackets after names:
    `Machine Learning (cs.LG)`.
    """
    parts = tuple(categories.translate(_SEPARATORS).split())
    if _CODES.issuperset(parts):
        return parts
    bracketed = filter(None, map(code_of, _BRACKETED.findall(categories)))
    return tuple(bracketed) or tuple(code_of(part) or part for part in parts)


def archives_of(categories: str) -> tuple[str, ...]:
    """The archives of a paper, each once, in the order of its categories."""
    return tuple(dict.fromkeys(map(archive_of, split_categories(categories))))


def name(code: str) -> str:
    """The official name of a subject or archive, live or retired; an unknown code itself."""
    if code in RETIRED:
        return RETIRED[code].name
    return SUBJECTS.get(code) or ARCHIVES.get(code, code)


def title(code: str) -> Message:
    """The official name followed by the code, marked if retired; English, as in files."""
    if is_retired(code):
        return Message("{name} ({code}), retired", name=Message(name(code)), code=code)
    if name(code) == code:
        return Message(code)
    return Message("{name} ({code})", name=Message(name(code)), code=code)


def is_retired(code: str) -> bool:
    """Whether a code is an archive that is closed to new papers."""
    return code in RETIRED


def successor(code: str) -> str:
    """The live category that succeeds a retired archive; any other code itself."""
    return RETIRED[code].successor if code in RETIRED else code
