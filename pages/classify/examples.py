"""Papers and citations to try, all invented: no such paper exists."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperExample:
    """A made-up paper, and in a word or two what it shows."""

    name: str
    title: str
    abstract: str


EXAMPLES = (
    PaperExample(
        "Linguistics",
        "Smaller Vocabularies Make Better Translators for Low-Resource Languages",
        "Neural machine translation models usually share one large subword vocabulary between all "
        "languages. We show that for language pairs with fewer than 100,000 sentences a vocabulary "
        "of 2,000 subwords learned for each language gives better translations. On nine pairs of "
        "African and European languages our transformer gains 2.3 BLEU on average and needs a "
        "third of the memory. An analysis of attention heads suggests that rare subwords, not the "
        "depth of the encoder, limit large models. We release code, training data and human "
        "ratings of 3,000 sentences.",
    ),
    PaperExample(
        "Interdisciplinary",
        "Graph Neural Networks Predict Protein Folding Rates from Contact Topology",
        "How fast a protein folds depends on the topology of its native state, but simple "
        "descriptors such as contact order leave much of the variance unexplained. We represent "
        "native structures as weighted graphs of residue contacts and train an equivariant neural "
        "network on 214 measured folding rates. A stochastic model of folding on an energy "
        "landscape provides a prior that regularises training. The network explains 81% of the "
        "variance on held-out proteins, and its attributions single out long-range contacts that "
        "molecular dynamics simulations identify as the transition state ensemble.",
    ),
    PaperExample(
        "Title only",
        "Superconductivity in twisted trilayer graphene under hydrostatic pressure",
        "",
    ),
    PaperExample(
        "LaTeX",
        r"On the $L^p$-boundedness of Schr\"odinger operators with $\delta$-potentials",
        r"Let $H_\alpha = -\Delta + \alpha\,\delta_\Gamma$ be the Schr\"odinger operator on "
        r"$L^2(\mathbb{R}^d)$, $d \ge 3$, with a $\delta$-interaction of strength $\alpha \in "
        r"L^\infty(\Gamma)$ on a compact Lipschitz hypersurface $\Gamma$. We prove that the wave "
        r"operators $W_\pm = \lim_{t \to \pm\infty} e^{itH_\alpha} e^{-itH_0}$ are bounded on "
        r"$L^p(\mathbb{R}^d)$ for $1 < p < \infty$ provided that zero is neither an eigenvalue nor "
        r"a resonance, and we deduce dispersive estimates $\|e^{-itH_\alpha} P_{ac} f\|_\infty "
        r"\le C |t|^{-d/2} \|f\|_1$. The proof rests on a limiting absorption principle in the "
        r"spirit of Poincar\'e and on Birman--Schwinger kernels.",
    ),
    PaperExample(
        "Astronomy",
        "Spectroscopic confirmation of a compact protocluster at redshift 6.4",
        "We present near-infrared spectroscopy of a galaxy overdensity first seen in deep imaging. "
        "Twelve galaxies lie within 900 km/s of each other and within a projected radius of 1.2 "
        "comoving Mpc, an overdensity of 18 over the field. Emission line ratios point to metal "
        "poor gas, and three members show broad H-alpha wings that we attribute to accreting black "
        "holes. Comparison with cosmological simulations suggests that the structure will collapse "
        "into a cluster of 4 x 10^14 solar masses by the present day. Its galaxies have "
        "already begun to reionise their surroundings.",
    ),
    PaperExample(
        "Finance",
        "Rough volatility and the limits of hedging with short-dated options",
        "Empirical variance is rougher than Brownian motion. We study the superhedging of "
        "European options when the volatility of the underlying asset follows a fractional process "
        "with Hurst exponent below one half and only options of short maturity are traded. We "
        "derive a nonlinear pricing equation, prove existence and uniqueness of its viscosity "
        "solution, and calibrate the model to index options. Hedging errors fall by a quarter "
        "against a local stochastic volatility benchmark, but no strategy replicates claims beyond "
        "the longest traded maturity.",
    ),
    PaperExample(
        "Qubits",
        "Erasure conversion halves the overhead of surface codes on neutral atoms",
        "Leakage out of the computational subspace is the dominant error of two-qubit gates "
        "between Rydberg atoms. We show how fluorescence imaging in mid-circuit converts 97% of "
        "these errors into erasures whose place is known, and adapt a minimum-weight decoder to "
        "use them. In simulations the threshold of the surface code rises from 0.9% to 4.1%, and a "
        "logical qubit with error rate below one in a billion needs half as many atoms. We "
        "demonstrate the scheme on a register of 12 ytterbium atoms with a repetition code.",
    ),
)


@dataclass(frozen=True)
class CitationExample:
    """A made-up sentence with a citation, and in a word or two what it shows."""

    name: str
    sentence: str
    section: str = ""


CITATIONS = (
    CitationExample(
        "Background",
        "Bats are thought to be the natural hosts of many coronaviruses (Lindqvist et al., 2013), "
        "but how often these pass to other mammals is unknown.",
        "Introduction",
    ),
    CitationExample(
        "Method",
        "RNA was extracted from the swabs and amplified as described by Okafor and Lim (2016), "
        "except that 40 cycles were run.",
        "Materials and methods",
    ),
    CitationExample(
        "Result",
        "The mortality in our cohort was lower than the 14% reported by Moreau et al. [23], which "
        "may reflect the younger age of our patients.",
        "Discussion",
    ),
    CitationExample("A tool", "All trees were drawn with the software of Petrov et al. [8]."),
    CitationExample(
        "A debate", "Whether vitamin D protects against infection is still disputed [4, 11-13]."
    ),
    CitationExample(
        "Agreement",
        "These findings are consistent with earlier work on sleep and memory (Hara, 2009; Quist "
        "and Bell, 2015).",
        "Results and discussion",
    ),
)
