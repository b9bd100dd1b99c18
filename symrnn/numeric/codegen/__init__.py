"""Generated code: from the equations of a cell to readable NumPy for the forward pass and the sweep back.

``rows`` brings equations into the form that arrays are computed in, ``terms`` takes sums apart, ``plan`` and
``adjoints`` decide what is computed when and together, ``forward`` and ``backward`` write the statements,
``source`` makes a Python module of what ``generated`` holds, ``execution`` loads and runs it.
"""
