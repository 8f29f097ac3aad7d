"""Images larger than memory: block by block, with the result of the whole image.

::

    plan ── label every block ── stitch ── collect ── merge ── finish ── predict ── paint every block
            (runs, numbered       (ids of   (sums per           (crops of objects,
             within the block)     the whole  block)             read by bounding box)
                                   image)

Every step of a block is a task that reads what it needs and leaves one file, so that it can be done anywhere, in any
order, and need not be done twice. The kernels are those that whole images go through.
"""
