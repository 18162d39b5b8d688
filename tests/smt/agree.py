"""Answers questions about rule lists with the solver z3.

Reads JSON lines from standard input. A question is {"v6": bool, "old": [rule],
"new": [rule], "first": [place], "alone": [place]}; a rule is {"key": [priority, 0 for drop or 1 for accept], "accept":
bool, "protocol": number or null, "peers": [[first, last]] as text, "ports": [[first,
last]] or null, "sources": [first, last] or null}. Ports count for TCP and UDP only.
Prints a JSON line for each: whether some flow is decided otherwise; for each place
of "first", whether some flow is matched by that old rule and by no rule with a lesser
key; for each place of "alone", whether some flow is matched by it and by no other rule
with a lesser or equal key.
"""

import json
import sys

from z3 import And, BitVec, BitVecVal, BoolVal, If, Not, Or, Solver, UGE, ULE, sat


def inside(variable, ranges, width):
    parts = []
    for first, last in ranges:
        low, high = BitVecVal(int(first), width), BitVecVal(int(last), width)
        parts.append(And(UGE(variable, low), ULE(variable, high)))
    return Or(*parts) if parts else BoolVal(False)


class Space:
    def __init__(self, v6):
        self.width = 128 if v6 else 32
        self.peer = BitVec("peer", self.width)
        self.protocol = BitVec("protocol", 8)
        self.port = BitVec("port", 16)
        self.source = BitVec("source", 16)

    def matches(self, rule):
        terms = [inside(self.peer, rule["peers"], self.width)]
        if rule["protocol"] is not None:
            terms.append(self.protocol == BitVecVal(rule["protocol"], 8))
        if rule["ports"] is not None:
            terms.append(inside(self.port, rule["ports"], 16))
        if rule["sources"] is not None:
            terms.append(inside(self.source, [rule["sources"]], 16))
        return And(*terms)

    def passes(self, rules):
        verdict = BoolVal(False)
        for rule in sorted(rules, key=lambda rule: rule["key"], reverse=True):
            verdict = If(self.matches(rule), BoolVal(rule["accept"]), verdict)
        return verdict


def possible(term):
    solver = Solver()
    solver.add(term)
    return solver.check() == sat


def answer(question):
    space = Space(question["v6"])
    old, new = question["old"], question["new"]
    differs = possible(space.passes(old) != space.passes(new))
    conditions = [space.matches(rule) for rule in old]

    def without(at, ahead):
        key = old[at]["key"]
        others = [o for o in range(len(old)) if o != at and ahead(old[o]["key"], key)]
        return possible(And(conditions[at], *[Not(conditions[o]) for o in others]))

    return {
        "differs": differs,
        "first": [without(at, lambda a, b: a < b) for at in question["first"]],
        "alone": [without(at, lambda a, b: a <= b) for at in question["alone"]],
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
