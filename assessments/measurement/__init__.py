"""What marks say: cut scores, station metrics, agreement, generalizability, many-facet Rasch; and of peers: grades of work and of
reviewing, severity, contribution, comparisons. Pure numpy; no Django here.

Scores are float arrays with NaN for “no score”; that is the only place where NaN is met, and none is given back: what cannot be
computed is `Undefined` with the reason in words. Every public function names its source, its shapes and its units.
"""
