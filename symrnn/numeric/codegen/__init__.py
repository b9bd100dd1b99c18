"""Generated code: from the equations of a cell to readable NumPy for the forward pass and the sweep back.

``rows`` brings equations into the form that arrays are computed in, ``terms`` takes sums apart, ``plan`` and
``adjoints`` decide what is computed when and together, ``forward`` and ``backward`` write that down as
``statements``, ``module`` holds them with what goes in and comes out. Up to here no language is meant;
``printer`` makes lines of NumPy, and ``source`` a Python module.
"""
