"""How dear and how quick the way of a token is, beside a relay that does nothing else.

`upstream` paces stamped deltas, `bare` is the relay to compare with, `load` plays the browsers, `people` makes their
accounts, `burst` is one start of many answers at once, `contest` puts bursts together. Of these are made the benchmarks
`relay`, `soak` and `scale`.
"""
