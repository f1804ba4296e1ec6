"""The prose of docs/validation.md; its figures come from `validation_report`."""

HEAD = """# How often Exifact is wrong

This page is written by `python -m workstation.evaluation.validation_report` from what stands in `docs/validation`,
which `python -m benchmarks.calibrate_shipped PHOTOS --bench DIR` measures; do not edit it. A laboratory measures the
same on its own photographs with `exifact calibrate --photos DIR`, and its own table then takes the place of this one.

**Read this first.** These are few photographs of few cameras: the intervals say how little they carry. Weights, the
settings of the map and the strengths from which groups count are those that cameras without a stated rate choose, the
ones with the role *model choice* and those of training; what these cannot tell from nothing was left out
([decision](decisions/0019-chosen-again.md)). Earlier versions were chosen on splices between all cameras of this
collection, and whoever listed the ways to choose from knew those figures; the rule for the strengths was tightened
after a look at how often pictures of the rates' cameras fell into groups, and three ways to find the reference were
given up because they found fewer parts between them (decisions [21](decisions/0021-two-references.md),
[22](decisions/0022-brightness.md) and [23](decisions/0023-one-component.md)). The untouched photographs with the role
*model choice* stand behind the p-values, and no rate counts them. No camera was trained on.

## What was measured
"""

HOW = """## How it is done

**Images.** Every photograph gives, per size and save, one untouched window and one splice with a part from another
camera (a blurred polygon or rectangle of 3 to 28 % of the area, three times in ten scaled before); both are saved and
analysed as files, on the same road as an analyst's. Charts and flat fields are left out. Where several saves make one
stratum, every photograph stands for one of them, so that it counts once. JPEG 70 to 84 was measured at 75, 85 or above
at 90 or as the camera saved it (then as PNG); enlarged means by 1.4.

**p-value.** Conformal: (1 + number of untouched photographs with a statistic as high) / (n + 1). It answers how rare so
high a value is among untouched photographs of the stratum, not how probable a manipulation is. n photographs cannot
give less than 1/(n + 1), so 5 % needs 19 and 1 % needs 99; what they cannot give is not stated.

**Folds.** A photograph is judged by those of all other cameras, a splice by those of neither of its two cameras; those
with the role *model choice* judge and are not judged. The table that ships holds all of them.

**Intervals.** Clopper and Pearson's. Photographs of one camera are alike in the statistic, so a false-alarm rate has
the interval of the same share among one photograph per camera
([decision](decisions/0027-cameras-behind-intervals.md)); shares of splices that were found take splices for
independent.

**Likelihood ratio.** "A part comes from another camera, as in these splices" against "one processing throughout",
logistic calibration with the classes balanced, limited by empirical bounds (Vergeer et al. 2016). In words on the scale
of the ENFSI guideline (2015).

**Abstention.** No figure is given for pictures of another size, of stronger compression, of a stratum without a stated
error rate, or whose device, focus or enlarging too few of its photographs share; the reason is printed with the nearest
stratum that has one and with its rates, which do not hold for the picture."""

CLAIMS = """Measured by `exifact validate-claims --photos DIR` on the cameras of the split `dev`, which the text side
never saw, and stored in the description of the weights. AUC: chance that a text scores higher on a picture of which it
is true than on another camera's of which it is not, with its 95 % interval over cameras; chance is 0.50. First of the
line-up: how often the true value scores highest; its chance is that of always naming the commonest value. A tag is
testable if the whole interval lies above chance and at least five cameras carry another value than the commonest
("that differ"); all others are shown as "not testable with this model". [analysis.md](analysis.md) says what the
verdicts mean and how often they err."""

NO_CLAIMS = """Nothing that was measured with these weights is stored: no tag is testable until `exifact validate-claims
--photos DIR` has measured them."""

NO_EVALUATIONS = """No evaluation of these weights is stored here: `python -m benchmarks.calibrate_shipped PHOTOS
--bench DIR` runs them and writes their summaries to `docs/validation/evaluations`."""
