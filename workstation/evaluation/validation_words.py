"""The prose of docs/validation.md; its figures come from `validation_report`."""

HEAD = """# How often Exifact is wrong

This page is written by `python -m workstation.evaluation.validation_report` from `docs/validation/measures.csv`, which
`python -m benchmarks.calibrate_shipped PHOTOS` measures; do not edit it. A laboratory measures the same on its own
photographs with `exifact calibrate --photos DIR`, and its own table then takes the place of this one.

**Read this first.** These are few photographs of few cameras: the intervals say how little they carry. The shipped
weights and the distances from which groups count were chosen by how well they find splices between *all* cameras of
this collection, those with the roles *calibration* and *error rates* included; the rates below are therefore a little
too good. The statistic was chosen on the cameras with the role *model choice* only. No camera was trained on.

## What was measured
"""

HOW = """## How it is done

**Images.** Every photograph gives, per size and save, one untouched window and one splice with a part from another
camera (a blurred polygon or rectangle of 3 to 28 % of the area, three times in ten scaled before); both are saved and
analysed as files, on the same road as an analyst's. Charts and flat fields are left out. Where several saves make one
stratum, every photograph stands for one of them, so that it counts once.

**p-value.** Conformal: (1 + number of untouched photographs with a statistic as high) / (n + 1). It answers how rare so
high a value is among untouched photographs of the stratum, not how probable a manipulation is. n photographs cannot
give less than 1/(n + 1), so 5 % needs 19 and 1 % needs 99; what they cannot give is not stated.

**Folds.** A photograph is judged by those of all other cameras, a splice by those of neither of its two cameras. The
table that ships holds all of them. Intervals are exact (Clopper-Pearson) and take photographs for independent, which
those of one camera are not quite; hence the limit per camera.

**Likelihood ratio.** "A part comes from another camera, as in these splices" against "one processing throughout",
logistic calibration with the classes balanced, limited by empirical bounds (Vergeer et al. 2016). In words on the scale
of the ENFSI guideline (2015).

**Abstention.** Pictures of another size, stronger compression, or a stratum without a stated error rate get no figure,
and the reason is printed with the nearest stratum that has one."""

WEAK = """- 1 % is not stated anywhere: that takes 99 photographs of a size (`exifact calibrate`).
- Pictures of more than 1280 pixels, so what cameras write today, are not validated: the collection holds crops. Most
  untouched originals of a modern camera get no error rate from the shipped table.
- Anything saved below JPEG 70 or smaller than the smallest stratum is not validated.
- The splices are coarse: blurred polygons between cameras. Parts from the same camera, copies within a picture,
  retouching and generated fillings were not measured here, and the likelihood ratio does not speak of them.
- Device classes are unevenly filled, old compact cameras outnumber new phones, and the photographs come from public
  repositories, so they are nobody's casework.
- Reduced pictures lose nearly everything: below 900 pixels the likelihood ratio hardly moves from 1.
- Judged once by other cameras (without folds) more untouched photographs than 5 % are called inconsistent in some
  strata: the p-value holds on average over cameras, not for every camera, and the D3200's soft photographs show it.
- Whether a part is enlarged or out of focus is itself estimated from the pixels, with errors of its own.
- Untouched photographs can have a statistic as high as a splice: close-ups of flowers and insects before a soft
  background, smooth fruit on a carpet, people lit by flash at night, street lamps. Such scenes lead the lists
  of every stratum."""
